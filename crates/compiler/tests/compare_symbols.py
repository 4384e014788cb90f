"""Compares the symbol tables of the standard library with CPython's.

    python3.14 compare_symbols.py DUMP_SYMBOLS [FILE...]
"""
import _symtable, os, subprocess, sys, warnings


def dump(block, depth, out):
    symbols = sorted(f'{name}={flags}' for name, flags in block.symbols.items())
    out.append(f'{depth} {block.type} {block.name} {block.lineno} {block.nested} [{",".join(block.varnames)}] '
               + ' '.join(symbols))
    for child in block.children:
        dump(child, depth + 1, out)


def main():
    warnings.simplefilter('ignore')
    files = sys.argv[2:]
    if not files:
        for folder, _, names in os.walk(os.path.dirname(os.__file__), followlinks=True):
            files += [os.path.join(folder, name) for name in names if name.endswith('.py')]
    expected, kept = {}, []
    for path in sorted(files):
        try:
            with open(path, encoding='utf-8', newline='') as f:
                source = f.read()
            lines = []
            dump(_symtable.symtable(source, path, 'exec'), 0, lines)
        except (SyntaxError, UnicodeError, ValueError, OSError):
            continue
        if 'coding' not in source[:200] and not source.startswith('\ufeff'):
            expected[path] = lines
            kept.append(path)
    out = subprocess.run([sys.argv[1]], input='\n'.join(kept), capture_output=True, text=True, encoding='utf-8').stdout
    ours = {}
    for line in out.split('\n'):
        if line.startswith('file '):
            ours[line[5:]] = lines = []
        elif line:
            lines.append(line)
    equal = 0
    shown = 0
    for path in kept:
        if ours.get(path) == expected[path]:
            equal += 1
        elif shown < 6:
            shown += 1
            print(path)
            pairs = [(a, b) for a, b in zip(ours.get(path, []), expected[path]) if a != b][:2]
            for a, b in pairs:
                print('   ours', a[:400])
                print('   them', b[:400])
    print('files', equal, 'of', len(kept))


main()
