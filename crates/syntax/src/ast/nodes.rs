//! The one description of the AST: CPython 3.14's `Python.asdl` as a macro table.
//!
//! [`for_each_node!`](crate::for_each_node) hands the whole table to a macro of the caller's choice. The Rust types
//! (`types.rs`), the dumper and, in the `vm` crate, the `_ast` classes and both converters come from it.
//!
//! Entries, in ASDL's order:
//!
//! - `sum asdl_name RustType KindEnum { Node { field: card type, ... } ... }`: nodes with positions, a struct of `span` and `kind`;
//! - `plain asdl_name RustType { Node { ... } ... }`: a sum without positions, a bare enum (`mod`);
//! - `single asdl_name RustType attributes { field: card type, ... }`: a sum with one constructor, named as the Rust type;
//! - `simple asdl_name RustType { Node ... }`: constructors without fields;
//! - `product asdl_name RustType attributes { ... }`.
//!
//! `attributes` is `span` or `bare`. `card` is `one`, `opt` (`?`), `list` (`*`) or `optlist` (`?*`). `type` is an ASDL name:
//! a node type, or `identifier`, `string`, `int`, `constant`. A field that is a Rust keyword has `_` at its end.

/// Calls `$callback!` with the whole node table.
#[macro_export]
macro_rules! for_each_node {
    ($callback:ident) => {
        $callback! {
            plain mod Mod {
                Module { body: list stmt, type_ignores: list type_ignore }
                Interactive { body: list stmt }
                Expression { body: one expr }
                FunctionType { argtypes: list expr, returns: one expr }
            }
            sum stmt Stmt StmtKind {
                FunctionDef {
                    name: one identifier, args: one arguments, body: list stmt, decorator_list: list expr,
                    returns: opt expr, type_comment: opt string, type_params: list type_param
                }
                AsyncFunctionDef {
                    name: one identifier, args: one arguments, body: list stmt, decorator_list: list expr,
                    returns: opt expr, type_comment: opt string, type_params: list type_param
                }
                ClassDef {
                    name: one identifier, bases: list expr, keywords: list keyword, body: list stmt,
                    decorator_list: list expr, type_params: list type_param
                }
                Return { value: opt expr }
                Delete { targets: list expr }
                Assign { targets: list expr, value: one expr, type_comment: opt string }
                TypeAlias { name: one expr, type_params: list type_param, value: one expr }
                AugAssign { target: one expr, op: one operator, value: one expr }
                AnnAssign { target: one expr, annotation: one expr, value: opt expr, simple: one int }
                For {
                    target: one expr, iter: one expr, body: list stmt, orelse: list stmt, type_comment: opt string
                }
                AsyncFor {
                    target: one expr, iter: one expr, body: list stmt, orelse: list stmt, type_comment: opt string
                }
                While { test: one expr, body: list stmt, orelse: list stmt }
                If { test: one expr, body: list stmt, orelse: list stmt }
                With { items: list withitem, body: list stmt, type_comment: opt string }
                AsyncWith { items: list withitem, body: list stmt, type_comment: opt string }
                Match { subject: one expr, cases: list match_case }
                Raise { exc: opt expr, cause: opt expr }
                Try { body: list stmt, handlers: list excepthandler, orelse: list stmt, finalbody: list stmt }
                TryStar { body: list stmt, handlers: list excepthandler, orelse: list stmt, finalbody: list stmt }
                Assert { test: one expr, msg: opt expr }
                Import { names: list alias }
                ImportFrom { module: opt identifier, names: list alias, level: opt int }
                Global { names: list identifier }
                Nonlocal { names: list identifier }
                Expr { value: one expr }
                Pass {}
                Break {}
                Continue {}
            }
            sum expr Expr ExprKind {
                BoolOp { op: one boolop, values: list expr }
                NamedExpr { target: one expr, value: one expr }
                BinOp { left: one expr, op: one operator, right: one expr }
                UnaryOp { op: one unaryop, operand: one expr }
                Lambda { args: one arguments, body: one expr }
                IfExp { test: one expr, body: one expr, orelse: one expr }
                Dict { keys: optlist expr, values: list expr }
                Set { elts: list expr }
                ListComp { elt: one expr, generators: list comprehension }
                SetComp { elt: one expr, generators: list comprehension }
                DictComp { key: one expr, value: one expr, generators: list comprehension }
                GeneratorExp { elt: one expr, generators: list comprehension }
                Await { value: one expr }
                Yield { value: opt expr }
                YieldFrom { value: one expr }
                Compare { left: one expr, ops: list cmpop, comparators: list expr }
                Call { func: one expr, args: list expr, keywords: list keyword }
                FormattedValue { value: one expr, conversion: one int, format_spec: opt expr }
                Interpolation { value: one expr, str: one constant, conversion: one int, format_spec: opt expr }
                JoinedStr { values: list expr }
                TemplateStr { values: list expr }
                Constant { value: one constant, kind: opt string }
                Attribute { value: one expr, attr: one identifier, ctx: one expr_context }
                Subscript { value: one expr, slice: one expr, ctx: one expr_context }
                Starred { value: one expr, ctx: one expr_context }
                Name { id: one identifier, ctx: one expr_context }
                List { elts: list expr, ctx: one expr_context }
                Tuple { elts: list expr, ctx: one expr_context }
                Slice { lower: opt expr, upper: opt expr, step: opt expr }
            }
            simple expr_context ExprContext { Load Store Del }
            simple boolop BoolOp { And Or }
            simple operator Operator {
                Add Sub Mult MatMult Div Mod Pow LShift RShift BitOr BitXor BitAnd FloorDiv
            }
            simple unaryop UnaryOp { Invert Not UAdd USub }
            simple cmpop CmpOp { Eq NotEq Lt LtE Gt GtE Is IsNot In NotIn }
            product comprehension Comprehension bare {
                target: one expr, iter: one expr, ifs: list expr, is_async: one int
            }
            single excepthandler ExceptHandler span { type_: opt expr, name: opt identifier, body: list stmt }
            product arguments Arguments bare {
                posonlyargs: list arg, args: list arg, vararg: opt arg, kwonlyargs: list arg,
                kw_defaults: optlist expr, kwarg: opt arg, defaults: list expr
            }
            product arg Arg span { arg: one identifier, annotation: opt expr, type_comment: opt string }
            product keyword Keyword span { arg: opt identifier, value: one expr }
            product alias Alias span { name: one identifier, asname: opt identifier }
            product withitem WithItem bare { context_expr: one expr, optional_vars: opt expr }
            product match_case MatchCase bare { pattern: one pattern, guard: opt expr, body: list stmt }
            sum pattern Pattern PatternKind {
                MatchValue { value: one expr }
                MatchSingleton { value: one constant }
                MatchSequence { patterns: list pattern }
                MatchMapping { keys: list expr, patterns: list pattern, rest: opt identifier }
                MatchClass {
                    cls: one expr, patterns: list pattern, kwd_attrs: list identifier, kwd_patterns: list pattern
                }
                MatchStar { name: opt identifier }
                MatchAs { pattern: opt pattern, name: opt identifier }
                MatchOr { patterns: list pattern }
            }
            single type_ignore TypeIgnore bare { lineno: one int, tag: one string }
            sum type_param TypeParam TypeParamKind {
                TypeVar { name: one identifier, bound: opt expr, default_value: opt expr }
                ParamSpec { name: one identifier, default_value: opt expr }
                TypeVarTuple { name: one identifier, default_value: opt expr }
            }
        }
    };
}
