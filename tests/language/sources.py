"""What compile says of odd sources: encodings, line ends, old feature versions, trees."""

import ast
import warnings


def outcome(source, mode="exec", flags=0, version=-1):
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            tree = compile(source, "<file>", mode, flags | ast.PyCF_ONLY_AST, _feature_version=version)
            result = ast.dump(tree)
        except SyntaxError as error:
            result = f"{error.msg} {error.lineno}:{error.offset}-{error.end_lineno}:{error.end_offset} {error.text!a}"
        except MemoryError as error:
            result = f"MemoryError {error}"
    print(result[:150], *[f"{w.category.__name__} {w.lineno}" for w in caught])


# A carriage return ends a line before the encoding is looked at.
outcome(b"x\r\xff")
# expect: Non-UTF-8 code starting with '\xff' on line 2, but no encoding declared; see https://peps.python.org/pep-0263/ for details 2:1-2:1 '\ufffd'
outcome(b'\r\r# coding: latin-1\r"\xe9"')
# expect: Non-UTF-8 code starting with '\xe9' on line 4, but no encoding declared; see https://peps.python.org/pep-0263/ for details 4:2-4:2 '"\ufffd"'
outcome(b"\xef\xbb\xbf# comment\n# coding: cp1252\nx")
# expect: encoding problem: cp1252 with BOM 2:0-2:17 '# coding: cp1252'
outcome(b"# coding: \xe9 coding: cp1252\n'\x80'")
# expect: Module(body=[Expr(value=Constant(value='€'))])

# A codec's ValueError is a SyntaxError.
outcome(b"# coding: undefined\n1")
# expect: undefined encoding 0:-1-None:None None

# Text has no byte order mark.
outcome("\ufeffx = 1")
# expect: invalid non-printable character U+FEFF 1:1-1:1 '\ufeffx = 1'

# Trees are checked for future features, and old grammars warn as they did.
outcome("from __future__ import nothing")
# expect: future feature nothing is not defined 1:24-1:31 None
outcome(r"'\d'", version=11)
# expect: Module(body=[Expr(value=Constant(value='\\d'))]) DeprecationWarning 1
outcome(r"'\d'", version=12)
# expect: Module(body=[Expr(value=Constant(value='\\d'))]) SyntaxWarning 1

# A comment alone on its line.
outcome("# type: ignore[x]\nx = 1 # type: ignore\n", flags=ast.PyCF_TYPE_COMMENTS)
# expect: Module(body=[Assign(targets=[Name(id='x', ctx=Store())], value=Constant(value=1))], type_ignores=[TypeIgnore(lineno=1, tag='[x]\n'), TypeIgnore(lineno

# Names are shown in their normal form.
outcome("f'{a!\xaar}'")
# expect: f-string: invalid conversion character 'ar': expected 's', 'r', or 'a' 1:6-1:8 "f'{a!\xaar}'\n"

# CPython's parser stops at this depth when it looks for an error.
outcome("[" * 187 + "b c")
# expect: '[' was never closed 1:187-1:0 '[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[
outcome("[" * 188 + "b c")
# expect: MemoryError Parser stack overflowed - Python source too complex to parse
outcome("not 1 + not 2")
# expect: 'not' after an operator must be parenthesized 1:9-1:14 'not 1 + not 2\n'
outcome("- not 2")
# expect: 'not' after an operator must be parenthesized 1:3-1:8 '- not 2\n'

# Many keywords, the second of which comes again.
try:
    compile("f(" + ",".join(f"a{i}=1" for i in range(20)) + ", a2=2, a1=2, a1=3)", "<file>", "eval")
except SyntaxError as error:
    print(error.msg, error.offset)
    # expect: keyword argument repeated: a1 120

# `_` in a pattern is the wildcard, whatever follows.
outcome("match x:\n case _.a: pass")
# expect: invalid syntax 2:8-2:9 ' case _.a: pass\n'
outcome("match x:\n case {_.a: 1}: pass")
# expect: Module(body=[Match(subject=Name(id='x', ctx=Load()), cases=[match_case(pattern=MatchMapping(keys=[Attribute(value=Name(id='_', ctx=Load()), attr='a', 
outcome("match x:\n case C(a, _=1): pass")
# expect: invalid syntax 2:13-2:14 ' case C(a, _=1): pass\n'

# A format inside of the format of a t-string's field.
outcome('t"{a:{b:x}}"', "eval")
# expect: Expression(body=TemplateStr(values=[Interpolation(value=Name(id='a', ctx=Load()), str='a', conversion=-1, format_spec=JoinedStr(values=[FormattedValue

# What begins with a target in parentheses is annotated as that target or not at all.
outcome("(a).b: c")
# expect: illegal target for annotation 1:1-1:6 '(a).b: c\n'
outcome("((a).b)[1]: c")
# expect: illegal target for annotation 1:1-1:11 '((a).b)[1]: c\n'
outcome("(a()).b: c")
# expect: Module(body=[AnnAssign(target=Attribute(value=Call(func=Name(id='a', ctx=Load())), attr='b', ctx=Store()), annotation=Name(id='c', ctx=Load()), simple

# The end of a first line that a mark of UTF-8 contradicts: CPython cuts its last character in two.
for source in b'#coding: utf8 a', '#coding: utf8 \u6211'.encode(), '\n#coding: utf8 \u6211'.encode():
    try:
        compile(b'\xef\xbb\xbf' + source, '<test>', 'exec')
    except SyntaxError as error:
        print(error.msg, error.lineno, error.end_offset, len(error.text))
# expect: encoding problem: utf8 with BOM 1 15 15
# expect: encoding problem: utf8 with BOM 1 16 15
# expect: encoding problem: utf8 with BOM 2 16 15

# A cookie in a line without an end is seen in a program, not in an expression.
for mode, source in ('eval', b'1 #coding: blah'), ('eval', b'#coding: blah'), ('single', b'#coding: blah'), ('exec', b'#coding: blah'), ('eval', b'#coding: blah\n1'):
    try:
        compile(source, '<test>', mode)
        print('compiled')
    except SyntaxError as error:
        print(error.msg)
# expect: compiled
# expect: invalid syntax
# expect: invalid syntax
# expect: unknown encoding: blah
# expect: unknown encoding: blah
