# memory
table = {}
while len(table) < 3_000_000:
    table[len(table)] = str(len(table))
