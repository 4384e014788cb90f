for source in (
    "(" * 100_000,
    "-" * 200_000 + "1",
    "lambda:" * 100_000 + "1",
    "not " * 100_000 + "1",
    "1 if 1 else " * 50_000 + "1",
    "1**" * 100_000 + "1",
    "x" + ".y" * 100_000,
    "[0]" * 100_000,
    "if 1: pass\n" + "elif 1: pass\n" * 50_000,
    "a=" * 100_000 + "1",
    "x='" + "a" * 10_000_000 + "'",
):
    try:
        compile(source, "source", "exec")
    except (RecursionError, MemoryError, SyntaxError) as error:
        print(type(error).__name__)
    else:
        print("done")
