# memory
import threading

done = threading.Event()
threads = []
try:
    for _ in range(60):
        thread = threading.Thread(target=done.wait)
        thread.start()
        threads.append(thread)
finally:
    done.set()
