"""Threads: starting, waiting, locks, events, queues, pools, thread-local data."""

import queue
import threading
import time
from concurrent.futures import ThreadPoolExecutor, as_completed

print("Start and join:")
results = {}


def work(name, n):
    results[name] = sum(range(n))


threads = [threading.Thread(target=work, args=(f"t{n}", n * 1000), name=f"worker-{n}") for n in range(3)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
print("  ", sorted(results.items()), [thread.is_alive() for thread in threads], threads[0].name)
print("  ", threading.current_thread() is threading.main_thread(), threading.active_count())

print("A lock makes a sequence of steps one step:")


class Account:
    def __init__(self):
        self.balance = 0
        self.lock = threading.Lock()

    def deposit(self, amount):
        with self.lock:
            balance = self.balance
            time.sleep(0)
            self.balance = balance + amount


account = Account()
threads = [threading.Thread(target=lambda: [account.deposit(1) for _ in range(200)]) for _ in range(5)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
print("  ", account.balance, account.lock.locked())

print("Locks in detail:")
lock, reentrant = threading.Lock(), threading.RLock()
print("  ", lock.acquire(), lock.acquire(blocking=False), lock.acquire(timeout=0.01), lock.release())
with reentrant, reentrant:
    print("   the same thread may enter twice")
try:
    lock.release()
except RuntimeError as error:
    print("  ", error)

print("An event, a barrier, a condition:")
log = []
ready = threading.Event()
barrier = threading.Barrier(3)


def runner(name):
    ready.wait()
    barrier.wait()
    log.append(name)


threads = [threading.Thread(target=runner, args=(n,)) for n in "abc"]
for thread in threads:
    thread.start()
print("  ", log)
ready.set()
for thread in threads:
    thread.join()
print("  ", sorted(log), barrier.n_waiting)

condition, items = threading.Condition(), []


def consumer():
    with condition:
        condition.wait_for(lambda: len(items) == 2)
        log.append(f"saw {items}")


thread = threading.Thread(target=consumer)
thread.start()
for item in "xy":
    with condition:
        items.append(item)
        condition.notify_all()
thread.join()
print("  ", log[-1])

print("A queue is the easiest way to talk:")
tasks, done = queue.Queue(maxsize=2), queue.Queue()


def worker():
    while (task := tasks.get()) is not None:
        done.put((task, task**2))
        tasks.task_done()
    tasks.task_done()


pool = [threading.Thread(target=worker) for _ in range(2)]
for thread in pool:
    thread.start()
for n in [*range(6), None, None]:
    tasks.put(n)
tasks.join()
for thread in pool:
    thread.join()
print("  ", sorted(done.get() for _ in range(done.qsize())), done.empty())
try:
    done.get_nowait()
except queue.Empty as error:
    print("  ", repr(error))

print("A pool takes the bookkeeping away:")
with ThreadPoolExecutor(max_workers=3) as executor:
    print("  ", list(executor.map(pow, [2, 3, 4], [5, 5, 5])))
    futures = {executor.submit(divmod, 10, d): d for d in (3, 0, 4)}
    outcome = {}
    for future in as_completed(futures):
        error = future.exception()
        outcome[futures[future]] = repr(error) if error else future.result()
    print("  ", sorted(outcome.items()))

print("Each thread has its own data:")
local = threading.local()
local.value = "main"
seen = []


def look():
    seen.append(hasattr(local, "value"))
    local.value = "other"
    seen.append(local.value)


thread = threading.Thread(target=look)
thread.start()
thread.join()
print("  ", seen, local.value)

print("An exception ends its thread, not the program:")
caught = []
threading.excepthook = lambda args: caught.append(f"{args.exc_type.__name__}: {args.exc_value} in {args.thread.name}")
thread = threading.Thread(target=lambda: 1 / 0, name="unlucky")
thread.start()
thread.join()
print("  ", caught)

print("A timer runs later, or never:")
fired = threading.Event()
soon, never = threading.Timer(0.01, fired.set), threading.Timer(60, fired.set)
soon.start()
never.start()
never.cancel()
print("  ", fired.wait(5), never.finished.is_set())
try:
    soon.start()
except RuntimeError as error:
    print("  ", error)
