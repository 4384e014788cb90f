"""A collection that the threshold asks for does not begin again in its own callbacks."""

import gc

events = []


def callback(phase, info):
    events.append(phase)
    [[] for _ in range(3000)]


gc.collect()
gc.callbacks.append(callback)
kept = [[] for _ in range(2500)]
gc.callbacks.remove(callback)
# expect: ['start', 'stop']
print(events[:2])
# expect: True
print(events == ["start", "stop"] * (len(events) // 2))
