"""Compares the compiler's code objects with CPython's.

    python3.14 compare_code.py DUMP_CODE [-O LEVEL] [-v N] [FILE_OR_FOLDER...]

DUMP_CODE is the example binary. Without files: all of the standard library. Prints the number of files and code objects
that are equal in every field, and the first differences.
"""
import argparse, dis, marshal, os, struct, subprocess, sys, tokenize, types, warnings

FIELDS = ['co_name', 'co_qualname', 'co_argcount', 'co_posonlyargcount', 'co_kwonlyargcount', 'co_flags',
          'co_varnames', 'co_cellvars', 'co_freevars', 'co_names', 'co_consts', 'co_stacksize',
          'co_firstlineno', 'co_code', 'co_exceptiontable', 'co_linetable']


def key(value):
    """A form of a constant in which equality is identity of type and value."""
    if isinstance(value, types.CodeType):
        return ('code', value.co_name, value.co_firstlineno)
    if isinstance(value, tuple):
        return ('tuple', tuple(map(key, value)))
    if isinstance(value, frozenset):
        return ('frozenset', frozenset(map(key, value)))
    if isinstance(value, slice):
        return ('slice', key(value.start), key(value.stop), key(value.step))
    return (type(value).__name__, repr(value))


def compare(ours, theirs, path, found):
    bad = []
    for field in FIELDS:
        a, b = getattr(ours, field), getattr(theirs, field)
        if field == 'co_consts':
            a, b = tuple(map(key, a)), tuple(map(key, b))
        if a != b:
            bad.append(field)
    found.append((path, bad, ours, theirs))
    children = [[c for c in code.co_consts if isinstance(c, types.CodeType)] for code in (ours, theirs)]
    for a, b in zip(*children):
        compare(a, b, path + '.' + b.co_name, found)


def listing(code):
    lines = []
    for i in dis.get_instructions(code):
        p = i.positions
        lines.append(f'{i.offset:5} {i.opname:28} {i.arg} ({i.argrepr.split(" at 0x")[0]}) '
                     f'{p.lineno}-{p.end_lineno}:{p.col_offset}-{p.end_col_offset}')
    return lines


def show(bad, ours, theirs):
    import difflib
    for field in bad:
        if field not in ('co_code', 'co_linetable', 'co_exceptiontable'):
            print('   ', field, getattr(ours, field), '!=', getattr(theirs, field))
    diff = list(difflib.unified_diff(listing(ours), listing(theirs), 'ours', 'CPython', n=2, lineterm=''))
    print('\n'.join('    ' + line for line in diff[:40]))
    if "co_exceptiontable" in bad and not diff:
        print("\n".join(listing(ours)))
        print('    ours', dis._parse_exception_table(ours))
        print('    them', dis._parse_exception_table(theirs))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('dump_code')
    parser.add_argument('-O', type=int, default=0, dest='optimize')
    parser.add_argument('-v', type=int, default=3, dest='verbose')
    parser.add_argument('paths', nargs='*')
    args = parser.parse_args()
    files = []
    for path in args.paths or [os.path.dirname(os.__file__)]:
        if os.path.isdir(path):
            for folder, _, names in os.walk(path, followlinks=True):
                files += [os.path.join(folder, n) for n in names if n.endswith('.py')]
        else:
            files.append(path)
    warnings.simplefilter('ignore')
    jobs, frames = [], []
    for path in sorted(files):
        try:
            with tokenize.open(path) as f:
                source = f.read()
            theirs = compile(source, '<test>', 'exec', dont_inherit=True, optimize=args.optimize)
            data = source.encode()
        except (SyntaxError, UnicodeError, ValueError, OSError):
            continue
        jobs.append((path, theirs))
        frames.append(struct.pack('<BcI', args.optimize, b'e', len(data)) + data)
    out = subprocess.run([args.dump_code], input=b''.join(frames), stdout=subprocess.PIPE).stdout
    at = equal_files = equal_codes = total_codes = 0
    errors, fields, shown = [], {}, 0
    for path, theirs in jobs:
        if at >= len(out):
            errors.append((path, 'no output'))
            continue
        status, length = struct.unpack_from('<BI', out, at)
        data = out[at + 5:at + 5 + length]
        at += 5 + length
        if status:
            errors.append((path, data.decode(errors='replace')))
            continue
        found = []
        compare(marshal.loads(data)[0], theirs, path, found)
        wrong = [item for item in found if item[1]]
        total_codes += len(found)
        equal_codes += len(found) - len(wrong)
        equal_files += not wrong
        for place, bad, ours, ref in wrong:
            fields[bad[0]] = fields.get(bad[0], 0) + 1
            if shown < args.verbose and fields[bad[0]] <= 3:
                shown += 1
                print(place, ref.co_firstlineno, bad)
                show(bad, ours, ref)
    print('files', equal_files, 'of', len(jobs), '; code objects', equal_codes, 'of', total_codes)
    print('first differing fields', fields)
    print('errors', len(errors))
    for path, message in errors[:args.verbose + 5]:
        print('  ', path, message[:300])


main()
