for action in (
    lambda: [0] * 10**18,
    lambda: "a" * 10**15,
    lambda: "a" * 10**13,
    lambda: b"a" * 10**12,
    lambda: bytearray(10**13),
    lambda: (0,) * 10**12,
    lambda: "a".ljust(10**13),
    lambda: "\t".expandtabs(10**12),
    lambda: "%*d" % (10**12, 1),
    lambda: "{:>{}}".format(1, 1 << 40),
    lambda: (1).to_bytes(1 << 62, "big"),
    lambda: 1 << (1 << 62),
    lambda: list(range(10**15)),
):
    try:
        action()
    except (MemoryError, OverflowError, ValueError, TypeError) as error:
        print(type(error).__name__)
