# memory
source = "x=1\n" * 200
while len(source) < 1 << 21:
    source += source
    compile(source, "source", "exec")
