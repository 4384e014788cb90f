# memory
kept = []


def fail():
    try:
        1 / 0
    except ZeroDivisionError as error:
        kept.append(error)


while len(kept) < 300_000:
    fail()
