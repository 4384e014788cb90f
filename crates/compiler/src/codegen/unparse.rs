//! Expressions back to text, for `from __future__ import annotations`.

use super::constant;
use crate::error::{Result, StackGuard};
use bytecode::{Const, Text};
use syntax::ast::*;
use syntax::text::code_points;

/// How tightly an operator binds; an expression that binds less than its place asks for gets parentheses.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Level {
    Tuple,
    Test,
    Or,
    And,
    Not,
    Cmp,
    BitOr,
    BitXor,
    BitAnd,
    Shift,
    Arith,
    Term,
    Factor,
    Power,
    Await,
    Atom,
}

impl Level {
    const ALL: [Level; 16] = [
        Level::Tuple,
        Level::Test,
        Level::Or,
        Level::And,
        Level::Not,
        Level::Cmp,
        Level::BitOr,
        Level::BitXor,
        Level::BitAnd,
        Level::Shift,
        Level::Arith,
        Level::Term,
        Level::Factor,
        Level::Power,
        Level::Await,
        Level::Atom,
    ];

    const EXPR: Level = Level::BitOr;

    fn next(self) -> Level {
        Level::ALL.get(self as usize + 1).copied().unwrap_or(Level::Atom)
    }
}

/// The text of an expression.
pub(crate) fn unparse(expr: &Expr, guard: StackGuard) -> Result<Text> {
    let mut writer = Writer { out: Vec::new(), guard };
    writer.expr(expr, Level::Test)?;
    Ok(Text::from_wtf8(writer.out))
}

struct Writer {
    out: Vec<u8>,
    guard: StackGuard,
}

impl Writer {
    fn str(&mut self, text: &str) {
        self.out.extend_from_slice(text.as_bytes());
    }

    fn parens(&mut self, needed: bool, run: impl FnOnce(&mut Self) -> Result<()>) -> Result<()> {
        if needed {
            self.str("(");
        }
        run(self)?;
        if needed {
            self.str(")");
        }
        Ok(())
    }

    fn list<T>(&mut self, items: &[T], mut item: impl FnMut(&mut Self, &T) -> Result<()>) -> Result<()> {
        for (index, value) in items.iter().enumerate() {
            if index > 0 {
                self.str(", ");
            }
            item(self, value)?;
        }
        Ok(())
    }

    fn expr(&mut self, expr: &Expr, level: Level) -> Result<()> {
        self.guard.check()?;
        match &expr.kind {
            ExprKind::BoolOp { op, values } => {
                let (word, own) = match op {
                    BoolOp::And => (" and ", Level::And),
                    BoolOp::Or => (" or ", Level::Or),
                };
                self.parens(level > own, |w| {
                    for (index, value) in values.iter().enumerate() {
                        if index > 0 {
                            w.str(word);
                        }
                        w.expr(value, own.next())?;
                    }
                    Ok(())
                })
            }
            ExprKind::BinOp { left, op, right } => {
                let (word, own) = binary_operator(*op);
                let right_assoc = *op == Operator::Pow;
                self.parens(level > own, |w| {
                    w.expr(left, if right_assoc { own.next() } else { own })?;
                    w.str(word);
                    w.expr(right, if right_assoc { own } else { own.next() })
                })
            }
            ExprKind::UnaryOp { op, operand } => {
                let (word, own) = match op {
                    UnaryOp::Invert => ("~", Level::Factor),
                    UnaryOp::Not => ("not ", Level::Not),
                    UnaryOp::UAdd => ("+", Level::Factor),
                    UnaryOp::USub => ("-", Level::Factor),
                };
                self.parens(level > own, |w| {
                    w.str(word);
                    w.expr(operand, own)
                })
            }
            ExprKind::Lambda { args, body } => self.parens(level > Level::Test, |w| {
                // The blank depends on positional parameters alone, in CPython too.
                let positional = !args.posonlyargs.is_empty() || !args.args.is_empty();
                w.str(if positional { "lambda " } else { "lambda" });
                w.arguments(args)?;
                w.str(": ");
                w.expr(body, Level::Test)
            }),
            ExprKind::IfExp { test, body, orelse } => self.parens(level > Level::Test, |w| {
                w.expr(body, Level::Test.next())?;
                w.str(" if ");
                w.expr(test, Level::Test.next())?;
                w.str(" else ");
                w.expr(orelse, Level::Test)
            }),
            ExprKind::Dict { keys, values } => {
                self.str("{");
                for (index, (key, value)) in keys.iter().zip(values).enumerate() {
                    if index > 0 {
                        self.str(", ");
                    }
                    match key {
                        Some(key) => {
                            self.expr(key, Level::Test)?;
                            self.str(": ");
                            self.expr(value, Level::Test)?;
                        }
                        None => {
                            self.str("**");
                            self.expr(value, Level::EXPR)?;
                        }
                    }
                }
                self.str("}");
                Ok(())
            }
            ExprKind::Set { elts } => {
                self.str("{");
                self.list(elts, |w, elt| w.expr(elt, Level::Test))?;
                self.str("}");
                Ok(())
            }
            ExprKind::GeneratorExp { elt, generators } => self.comprehension("(", elt, None, generators, ")"),
            ExprKind::ListComp { elt, generators } => self.comprehension("[", elt, None, generators, "]"),
            ExprKind::SetComp { elt, generators } => self.comprehension("{", elt, None, generators, "}"),
            ExprKind::DictComp { key, value, generators } => self.comprehension("{", key, Some(value), generators, "}"),
            ExprKind::Yield { value } => {
                self.str("(yield");
                if let Some(value) = value {
                    self.str(" ");
                    self.expr(value, Level::Test)?;
                }
                self.str(")");
                Ok(())
            }
            ExprKind::YieldFrom { value } => {
                self.str("(yield from ");
                self.expr(value, Level::Test)?;
                self.str(")");
                Ok(())
            }
            ExprKind::Await { value } => self.parens(level > Level::Await, |w| {
                w.str("await ");
                w.expr(value, Level::Atom)
            }),
            ExprKind::Compare { left, ops, comparators } => self.parens(level > Level::Cmp, |w| {
                w.expr(left, Level::Cmp.next())?;
                for (op, comparator) in ops.iter().zip(comparators) {
                    w.str(match op {
                        CmpOp::Eq => " == ",
                        CmpOp::NotEq => " != ",
                        CmpOp::Lt => " < ",
                        CmpOp::LtE => " <= ",
                        CmpOp::Gt => " > ",
                        CmpOp::GtE => " >= ",
                        CmpOp::Is => " is ",
                        CmpOp::IsNot => " is not ",
                        CmpOp::In => " in ",
                        CmpOp::NotIn => " not in ",
                    });
                    w.expr(comparator, Level::Cmp.next())?;
                }
                Ok(())
            }),
            ExprKind::Call { func, args, keywords } => self.call(func, args, keywords),
            ExprKind::Constant { value, kind } => {
                if kind.is_some() {
                    self.str("u");
                }
                let value = constant(value);
                self.out.extend(repr_bytes(&value));
                Ok(())
            }
            ExprKind::JoinedStr { .. } | ExprKind::FormattedValue { .. } => {
                let mut inner = Writer { out: Vec::new(), guard: self.guard };
                inner.fstring_part(expr)?;
                self.str("f");
                self.out.extend(repr_str(&inner.out));
                Ok(())
            }
            ExprKind::TemplateStr { .. } | ExprKind::Interpolation { .. } => {
                let mut inner = Writer { out: Vec::new(), guard: self.guard };
                inner.fstring_part(expr)?;
                self.str("t");
                self.out.extend(repr_str(&inner.out));
                Ok(())
            }
            ExprKind::Attribute { value, attr, .. } => {
                self.expr(value, Level::Atom)?;
                // `3 .real` needs the blank.
                let is_int = matches!(value.kind, ExprKind::Constant { value: Constant::Int(_), .. });
                self.str(if is_int { " ." } else { "." });
                self.out.extend_from_slice(attr.as_bytes());
                Ok(())
            }
            ExprKind::Starred { value, .. } => {
                self.str("*");
                self.expr(value, Level::EXPR)
            }
            ExprKind::Name { id, .. } => {
                self.out.extend_from_slice(id.as_bytes());
                Ok(())
            }
            ExprKind::List { elts, .. } => {
                self.str("[");
                self.list(elts, |w, elt| w.expr(elt, Level::Test))?;
                self.str("]");
                Ok(())
            }
            ExprKind::Tuple { elts, .. } => {
                if elts.is_empty() {
                    self.str("()");
                    return Ok(());
                }
                self.parens(level > Level::Tuple, |w| {
                    w.list(elts, |w, elt| w.expr(elt, Level::Test))?;
                    if elts.len() == 1 {
                        w.str(",");
                    }
                    Ok(())
                })
            }
            ExprKind::Subscript { value, slice, .. } => {
                self.expr(value, Level::Atom)?;
                self.str("[");
                self.expr(slice, Level::Tuple)?;
                self.str("]");
                Ok(())
            }
            ExprKind::Slice { lower, upper, step } => {
                if let Some(lower) = lower {
                    self.expr(lower, Level::Test)?;
                }
                self.str(":");
                if let Some(upper) = upper {
                    self.expr(upper, Level::Test)?;
                }
                if let Some(step) = step {
                    self.str(":");
                    self.expr(step, Level::Test)?;
                }
                Ok(())
            }
            ExprKind::NamedExpr { target, value } => self.parens(level > Level::Tuple, |w| {
                w.expr(target, Level::Atom)?;
                w.str(" := ");
                w.expr(value, Level::Atom)
            }),
        }
    }

    fn call(&mut self, func: &Expr, args: &[Expr], keywords: &[Keyword]) -> Result<()> {
        self.expr(func, Level::Atom)?;
        if let ([arg @ Expr { kind: ExprKind::GeneratorExp { .. }, .. }], []) = (args, keywords) {
            return self.expr(arg, Level::Test);
        }
        self.str("(");
        self.list(args, |w, arg| w.expr(arg, Level::Test))?;
        for (index, keyword) in keywords.iter().enumerate() {
            if index > 0 || !args.is_empty() {
                self.str(", ");
            }
            match &keyword.arg {
                Some(name) => {
                    self.out.extend_from_slice(name.as_bytes());
                    self.str("=");
                }
                None => self.str("**"),
            }
            self.expr(&keyword.value, Level::Test)?;
        }
        self.str(")");
        Ok(())
    }

    fn comprehension(
        &mut self,
        open: &str,
        elt: &Expr,
        value: Option<&Expr>,
        generators: &[Comprehension],
        close: &str,
    ) -> Result<()> {
        self.str(open);
        self.expr(elt, Level::Test)?;
        if let Some(value) = value {
            self.str(": ");
            self.expr(value, Level::Test)?;
        }
        for generator in generators {
            self.str(if generator.is_async != 0 { " async for " } else { " for " });
            self.expr(&generator.target, Level::Tuple)?;
            self.str(" in ");
            self.expr(&generator.iter, Level::Test.next())?;
            for condition in &generator.ifs {
                self.str(" if ");
                self.expr(condition, Level::Test.next())?;
            }
        }
        self.str(close);
        Ok(())
    }

    fn arguments(&mut self, args: &Arguments) -> Result<()> {
        let mut first = true;
        let mut comma = |w: &mut Self| {
            if !std::mem::replace(&mut first, false) {
                w.str(", ");
            }
        };
        let named = args.posonlyargs.len() + args.args.len();
        let defaults_from = named.saturating_sub(args.defaults.len());
        for (index, arg) in args.posonlyargs.iter().chain(&args.args).enumerate() {
            comma(self);
            self.out.extend_from_slice(arg.arg.as_bytes());
            if let Some(default) = index.checked_sub(defaults_from).and_then(|at| args.defaults.get(at)) {
                self.str("=");
                self.expr(default, Level::Test)?;
            }
            if index + 1 == args.posonlyargs.len() {
                self.str(", /");
            }
        }
        if args.vararg.is_some() || !args.kwonlyargs.is_empty() {
            comma(self);
            self.str("*");
            if let Some(arg) = &args.vararg {
                self.out.extend_from_slice(arg.arg.as_bytes());
            }
        }
        for (arg, default) in args.kwonlyargs.iter().zip(&args.kw_defaults) {
            comma(self);
            self.out.extend_from_slice(arg.arg.as_bytes());
            if let Some(default) = default {
                self.str("=");
                self.expr(default, Level::Test)?;
            }
        }
        if let Some(arg) = &args.kwarg {
            comma(self);
            self.str("**");
            self.out.extend_from_slice(arg.arg.as_bytes());
        }
        Ok(())
    }

    /// The inside of an f-string or t-string, before quoting.
    fn fstring_part(&mut self, expr: &Expr) -> Result<()> {
        self.guard.check()?;
        match &expr.kind {
            ExprKind::Constant { value: Constant::Str(text), .. } => {
                for byte in text.as_bytes() {
                    self.out.push(*byte);
                    if matches!(byte, b'{' | b'}') {
                        self.out.push(*byte);
                    }
                }
                Ok(())
            }
            ExprKind::JoinedStr { values } | ExprKind::TemplateStr { values } => {
                values.iter().try_for_each(|value| self.fstring_part(value))
            }
            ExprKind::FormattedValue { value, conversion, format_spec }
            | ExprKind::Interpolation { value, conversion, format_spec, .. } => {
                let mut inner = Writer { out: Vec::new(), guard: self.guard };
                match &expr.kind {
                    ExprKind::Interpolation { str: Constant::Str(text), .. } => {
                        inner.out.extend_from_slice(text.as_bytes());
                    }
                    _ => inner.expr(value, Level::Test.next())?,
                }
                // A brace right after `{` would read as an escape.
                self.str(if inner.out.first() == Some(&b'{') { "{ " } else { "{" });
                self.out.extend(inner.out);
                if let Some(conversion) = u8::try_from(*conversion).ok().filter(|c| *c > 0) {
                    self.out.extend([b'!', conversion]);
                }
                if let Some(spec) = format_spec {
                    self.str(":");
                    self.fstring_part(spec)?;
                }
                self.str("}");
                Ok(())
            }
            _ => self.expr(expr, Level::Test),
        }
    }
}

fn binary_operator(op: Operator) -> (&'static str, Level) {
    match op {
        Operator::Add => (" + ", Level::Arith),
        Operator::Sub => (" - ", Level::Arith),
        Operator::Mult => (" * ", Level::Term),
        Operator::MatMult => (" @ ", Level::Term),
        Operator::Div => (" / ", Level::Term),
        Operator::Mod => (" % ", Level::Term),
        Operator::LShift => (" << ", Level::Shift),
        Operator::RShift => (" >> ", Level::Shift),
        Operator::BitOr => (" | ", Level::BitOr),
        Operator::BitXor => (" ^ ", Level::BitXor),
        Operator::BitAnd => (" & ", Level::BitAnd),
        Operator::FloorDiv => (" // ", Level::Term),
        Operator::Pow => (" ** ", Level::Power),
    }
}

/// `repr()` of a constant.
pub(crate) fn repr_const(value: &Const) -> String {
    String::from_utf8_lossy(&repr_bytes(value)).into_owned()
}

fn repr_bytes(value: &Const) -> Vec<u8> {
    let float = |value: f64| numeric::float::repr(value);
    // Infinities have no literal.
    let finite = |text: String| text.replace("inf", "1e309").into_bytes();
    match value {
        Const::None => b"None".to_vec(),
        Const::True => b"True".to_vec(),
        Const::False => b"False".to_vec(),
        Const::Ellipsis => b"...".to_vec(),
        Const::Int(int) => {
            let (negative, digits) = int.to_digits();
            numeric::int::IntView::new(negative, &digits).to_decimal(0).unwrap_or_default().into_vec()
        }
        Const::Float(value) => finite(float(*value)),
        Const::Complex { real, imag } => {
            let value = numeric::complex::Complex::new(*real, *imag);
            finite(value.repr().unwrap_or_default())
        }
        Const::Str(text) => repr_str(text.as_bytes()),
        Const::Bytes(bytes) => repr_byte_string(bytes),
        Const::Tuple(items) => {
            let mut out = b"(".to_vec();
            for (index, item) in items.iter().enumerate() {
                if index > 0 {
                    out.extend_from_slice(b", ");
                }
                out.extend(repr_bytes(item));
            }
            out.extend_from_slice(if items.len() == 1 { b",)" } else { b")" });
            out
        }
        Const::FrozenSet(_) | Const::Slice(_) | Const::Code(_) => b"...".to_vec(),
    }
}

fn quote_for(bytes: &[u8]) -> u8 {
    if bytes.contains(&b'\'') && !bytes.contains(&b'"') { b'"' } else { b'\'' }
}

fn repr_str(text: &[u8]) -> Vec<u8> {
    let quote = quote_for(text);
    let mut out = vec![quote];
    for point in code_points(text) {
        match char::from_u32(point) {
            Some('\n') => out.extend_from_slice(b"\\n"),
            Some('\r') => out.extend_from_slice(b"\\r"),
            Some('\t') => out.extend_from_slice(b"\\t"),
            Some('\\') => out.extend_from_slice(b"\\\\"),
            Some(c) if u32::from(c) == u32::from(quote) => out.extend([b'\\', quote]),
            Some(c) if unicode::ctype::is_printable(point) => {
                out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
            }
            _ if point < 0x100 => out.extend(format!("\\x{point:02x}").into_bytes()),
            _ if point < 0x1_0000 => out.extend(format!("\\u{point:04x}").into_bytes()),
            _ => out.extend(format!("\\U{point:08x}").into_bytes()),
        }
    }
    out.push(quote);
    out
}

fn repr_byte_string(bytes: &[u8]) -> Vec<u8> {
    let quote = quote_for(bytes);
    let mut out = vec![b'b', quote];
    for byte in bytes {
        match byte {
            b'\n' => out.extend_from_slice(b"\\n"),
            b'\r' => out.extend_from_slice(b"\\r"),
            b'\t' => out.extend_from_slice(b"\\t"),
            b'\\' => out.extend_from_slice(b"\\\\"),
            byte if *byte == quote => out.extend([b'\\', quote]),
            0x20..=0x7e => out.push(*byte),
            byte => out.extend(format!("\\x{byte:02x}").into_bytes()),
        }
    }
    out.push(quote);
    out
}
