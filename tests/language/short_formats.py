# Short formats of numbers are made without big digits; ties go by the exact value.
print([f"{value:.0f}" for value in (0.5, 1.5, 2.5, -0.4)])  # expect: ['0', '2', '2', '-0']
print(f"{0.125:.2f} {2.675:.2f} {1e22:.1f} {5e-324:.3f}")  # expect: 0.12 2.67 10000000000000000000000.0 0.000
print("%.3e|%g|%.17g" % (9.9995, 1e-5, 0.1))  # expect: 9.999e+00|1e-05|0.10000000000000001
print(round(2.675, 2), round(-0.001, 1), round(1.5e15, 3))  # expect: 2.67 -0.0 1500000000000000.0
print(f"{-1234567:,}|{255:#X}|{-5:05d}|{7:_^5}|{12:+08.1f}")  # expect: -1,234,567|0XFF|-0005|__7__|+00012.0

# A value that is replaced in a dict dies when the new one is there.
class Last:
    def __del__(self):
        print(places)  # expect: {'a': 3}


def replace(count):
    for _ in range(count):
        places["a"] = 3


places = {"a": 0}
replace(20)
places["a"] = Last()
replace(1)

# A percent sign is two of them with nothing between.
for form, args in ("100%%", ()), ("%5%", ()), ("% %s", 1), ("%(a)% %(a)s", {"a": 1}), ("%%%s%%", "x"):
    try:
        print(form % args)
    except (TypeError, ValueError) as error:
        print(error)
# expect: 100%
# expect: not enough arguments for format string
# expect: unsupported format character '%' (0x25) at index 2
# expect: unsupported format character '%' (0x25) at index 4
# expect: %x%
