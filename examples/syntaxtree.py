"""The abstract syntax tree: parse, look, change, compile, and write back as source."""

import ast

SOURCE = """
def area(width, height=2, *, scale: float = 1.0) -> float:
    "Computes an area."
    if width < 0 or height < 0:
        raise ValueError(f"negative: {width=}")
    return width * height * scale
"""

print("A tree:")
tree = ast.parse(SOURCE)
print(ast.dump(tree, indent=2))

print("\nWhere things are:")
for node in ast.walk(tree):
    if isinstance(node, (ast.BinOp, ast.Raise)):
        print(f"   {type(node).__name__} {node.lineno}:{node.col_offset}-{node.end_lineno}:{node.end_col_offset}", repr(ast.get_source_segment(SOURCE, node)))
print("  ", ast.get_docstring(tree.body[0]))

print("\nA visitor counts names:")


class Names(ast.NodeVisitor):
    def __init__(self):
        self.read, self.written = [], []

    def visit_Name(self, node):
        (self.written if isinstance(node.ctx, ast.Store) else self.read).append(node.id)

    def visit_Lambda(self, node):
        print("   not looking into the lambda at line", node.lineno)


names = Names()
names.visit(ast.parse("a = b + c\nfor i in range(a): print(i)\nf = lambda q: q"))
print("  ", names.read, names.written)

print("\nA transformer folds constants and makes every division safe:")


class Fold(ast.NodeTransformer):
    def visit_BinOp(self, node):
        self.generic_visit(node)
        match node:
            case ast.BinOp(ast.Constant(left), ast.Add(), ast.Constant(right)):
                return ast.copy_location(ast.Constant(left + right), node)
            case ast.BinOp(left, ast.Div(), right):
                call = ast.Call(ast.Name("safe", ast.Load()), [left, right], [])
                return ast.copy_location(call, node)
        return node


expression = ast.parse("(1 + 2 + x) / (y - 1 + 3)", mode="eval")
changed = ast.fix_missing_locations(Fold().visit(expression))
print("  ", ast.unparse(changed))
safe = lambda a, b: a / b if b else "undefined"  # noqa: E731
print("  ", eval(compile(changed, "<tree>", "eval"), {"safe": safe, "x": 7, "y": 3}), eval(compile(changed, "<tree>", "eval"), {"safe": safe, "x": 7, "y": -2}))

print("\nTree from nothing:")
function = ast.FunctionDef(
    name="double",
    args=ast.arguments(posonlyargs=[], args=[ast.arg("n")], kwonlyargs=[], kw_defaults=[], defaults=[]),
    body=[ast.Return(ast.BinOp(ast.Name("n", ast.Load()), ast.Mult(), ast.Constant(2)))],
    decorator_list=[],
    type_params=[],
)
module = ast.fix_missing_locations(ast.Module([function], []))
space = {}
exec(compile(module, "<made>", "exec"), space)
print("  ", space["double"](21))
print(ast.unparse(module))

print("\nunparse keeps the meaning, not the looks:")
for source in ("x=( 1 )", "if(a):b\nelif c:d\nelse:\n\n  e", "f'{x!r:>{w}}'", "lambda*a,k=1,**b:0", "not(a and(b or c))", "x:int=1", "[*a,*b]", "async def f():\n async with a as b:await c", "match x:\n case{'k':[1,*_]}if y:pass"):
    print("   " + ast.unparse(ast.parse(source)).replace("\n", "\n   "))

print("\nliteral_eval reads data, and nothing else:")
print("  ", ast.literal_eval("{'a': [1, -2.5, None], 'b': (True, b'x', {3})}"))
for source in ("__import__('os')", "1 + 1", "[x for x in y]"):
    try:
        ast.literal_eval(source)
    except ValueError as error:
        print("  ", str(error).split(" at 0x")[0].replace("<ast.", "").split(" on line")[0])

print("\nSyntax errors point at what is wrong:")
for source in ("if x = 1:\n    pass", "print 'hello'", "a = (1,\nb = 2", "def f(:", "x = 'abc", "for i in range(3)\n    pass", "f(a=1, 2)", "return 1 +", "  x", "1 = x"):
    try:
        compile(source, "<test>", "exec")
    except SyntaxError as error:
        print(f"   {type(error).__name__} {error.lineno}:{error.offset}-{error.end_offset}: {error.msg}")
