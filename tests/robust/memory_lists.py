# memory
values = []
while len(values) < 300_000:
    values.append([0] * 100)
