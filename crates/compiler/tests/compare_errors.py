"""Compares the compiler's errors, warnings and code with CPython's on the snippets that CPython's tests compile.

    python3.14 compare_errors.py DUMP_CODE [-v N] [TEST...]

Runs the named test modules of the reference with a `compile` that records its sources, then compiles each source twice.
"""
import argparse, builtins, contextlib, importlib, io, marshal, os, struct, subprocess, sys, unittest, warnings

TESTS = '''test_syntax test_named_expressions test_scope test_type_params test_future_stmt test_patma test_compile
test_symtable test_exceptions test_coroutines test_except_star test_type_aliases test_positional_only_arg
test_generators test_unpack_ex test_keywordonlyarg test_grammar test_type_annotations test_string_literals
test_listcomps test_fstring test_tstring test_global test_augassign test_asyncgen test_dictcomps test_setcomps
test_genexps test_flufl test_builtin test_class test_decorators test_raise test_with test_peepholer test_dis
test_code test_ast test_traceback test_sys_settrace test_super test_unparse test_annotationlib test_funcattrs
test_extcall test_cmd_line_script test_finalization test_with test_match test_typing'''.split()


def record(names):
    seen = {}
    real_compile, real_exec, real_eval = builtins.compile, builtins.exec, builtins.eval

    def note(source, mode):
        if isinstance(source, bytes):
            try:
                source = source.decode()
            except UnicodeDecodeError:
                return
        if isinstance(source, str) and len(source) < 20000 and '\0' not in source and not source.startswith('\ufeff'):
            seen.setdefault((source, mode))

    def compile_(source, filename, mode, flags=0, *args, **kwargs):
        if (not flags or flags == 0x4000) and isinstance(mode, str):
            note(source, mode)
        return real_compile(source, filename, mode, flags, *args, **kwargs)

    def exec_(source, *args, **kwargs):
        note(source, 'exec')
        if not args and not kwargs:
            frame = sys._getframe(1)
            args = (frame.f_globals, frame.f_locals)
        return real_exec(source, *args, **kwargs)

    def eval_(source, *args, **kwargs):
        note(source.lstrip(' \t') if isinstance(source, str) else source, 'eval')
        if not args and not kwargs:
            frame = sys._getframe(1)
            args = (frame.f_globals, frame.f_locals)
        return real_eval(source, *args, **kwargs)

    sink = io.StringIO()
    for name in names:
        builtins.compile, builtins.exec, builtins.eval = compile_, exec_, eval_
        try:
            with contextlib.redirect_stdout(sink), contextlib.redirect_stderr(sink):
                module = importlib.import_module('test.' + name)
                suite = unittest.defaultTestLoader.loadTestsFromModule(module)
                unittest.TextTestRunner(stream=sink).run(suite)
        except BaseException:
            pass
        finally:
            builtins.compile, builtins.exec, builtins.eval = real_compile, real_exec, real_eval
    return list(seen)


def theirs(source, mode):
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter('always')
        try:
            code = compile(source, '<test>', mode, dont_inherit=True)
        except SyntaxError as e:
            return ('error', type(e).__name__, e.msg, e.lineno, e.offset, e.end_lineno, e.end_offset)
        except Exception as e:
            return ('error', type(e).__name__, str(e))
    return ('code', code, [(str(w.message), w.lineno) for w in caught])


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('dump_code')
    parser.add_argument('-v', type=int, default=40, dest='verbose')
    parser.add_argument('tests', nargs='*')
    args = parser.parse_args()
    sys.set_int_max_str_digits(0)
    jobs = record(args.tests or TESTS)
    frames, kept = [], []
    for source, mode in jobs:
        try:
            data = source.encode()
        except UnicodeEncodeError:
            continue
        kept.append((source, mode))
        letter = {'exec': b'e', 'eval': b'v', 'single': b's'}.get(mode, b'e')
        frames.append(struct.pack('<BcI', 0, letter, len(data)) + data)
    out = subprocess.run([args.dump_code], input=b''.join(frames), stdout=subprocess.PIPE).stdout
    at, shown = 0, 0
    count = dict(code=0, code_equal=0, error=0, error_equal=0, parser=0, warnings=0, warnings_equal=0)
    for source, mode in kept:
        if at >= len(out):
            print('output ended early at', repr(source[:200]))
            break
        status, length = struct.unpack_from('<BI', out, at)
        data = out[at + 5:at + 5 + length]
        at += 5 + length
        ref = theirs(source, mode)
        if status == 1:
            count['parser'] += 1
            if ref[0] == 'error':
                continue
            ours = ('error', 'parser', data.decode(errors='replace')[:150])
        elif status == 2:
            kind, message, *place = data.decode(errors='replace').split('\0')
            ours = ('error', kind, message) + (tuple(map(int, place)) if kind == 'SyntaxError' else ())
        else:
            code, warned = marshal.loads(data)
            ours = ('code', code, list(warned))
        good = False
        if ref[0] == 'error':
            count['error'] += 1
            good = ours == ref
            count['error_equal'] += good
        else:
            count['code'] += 1
            if ours[0] == 'code':
                good = equal(ours[1], ref[1])
                # the parser's own warnings are not among ours
                expected = [w for w in ref[2] if 'invalid' not in w[0]]
                count['warnings'] += bool(expected)
                count['warnings_equal'] += bool(expected) and ours[2] == expected
                good = good and ours[2] == expected
            count['code_equal'] += good
        if not good and shown < args.verbose:
            shown += 1
            print(repr(source[:300]), mode)
            print('   ours', ours)
            print('   them', ref)
    print(count)


def equal(a, b):
    from types import CodeType
    for field in ['co_name', 'co_qualname', 'co_argcount', 'co_flags', 'co_varnames', 'co_cellvars', 'co_freevars',
                  'co_names', 'co_stacksize', 'co_firstlineno', 'co_code', 'co_exceptiontable', 'co_linetable']:
        if getattr(a, field) != getattr(b, field):
            return False
    if len(a.co_consts) != len(b.co_consts):
        return False
    for x, y in zip(a.co_consts, b.co_consts):
        if isinstance(x, CodeType) and isinstance(y, CodeType):
            if not equal(x, y):
                return False
        elif repr(x) != repr(y) and x != y:
            return False
    return True


if __name__ == '__main__':
    main()
