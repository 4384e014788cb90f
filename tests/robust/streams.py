# closed
import os
import sys


class Closing:
    def __str__(self):
        sys.stdout.close()
        return "x"


class Vanishing:
    def write(self, text):
        sys.stdout = None
        print(text)

    def flush(self):
        pass


print("a", file=sys.stderr)
sys.stdout = Vanishing()
print("b")
sys.stdout = sys.__stdout__
try:
    print(Closing())
except (ValueError, AttributeError):
    pass
reader, writer = os.pipe()
os.close(reader)
try:
    os.write(writer, b"x")
except BrokenPipeError:
    pass
raise SystemExit("end")
