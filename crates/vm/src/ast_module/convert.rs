//! Trees to objects and back: one implementation for each node type, made from the table of crate `syntax`.

use super::classes::{self, Classes};
use crate::lifecycle::support;
use object::value::{bytes, float, int, str as text, tuple};
use object::{Borrowed, PyResult, Ref, core, id, raise, recursion};
use syntax::ast::{Constant, ExprBox, Int, Span};
use syntax::text::{Name, Text};

/// What both directions carry along.
pub(super) struct Context<'a> {
    pub(super) classes: &'a Classes,
}

/// A part of a tree.
pub(super) trait Node: Sized {
    fn to_object(&self, context: &Context<'_>) -> PyResult<Ref>;
    fn from_object(object: Borrowed<'_>, context: &Context<'_>) -> PyResult<Self>;
    /// None is a value of the type, not its absence.
    const ALLOWS_NONE: bool = false;
}

fn attribute(object: Borrowed<'_>, name: &str) -> PyResult<Option<Ref>> {
    object.getattr_opt(support::intern(name).b())
}

/// The field's name in `ast`: the table has Rust keywords with an underscore.
fn python_name(field: &'static str) -> &'static str {
    field.strip_suffix('_').unwrap_or(field)
}

fn read_one<T: Node>(object: Borrowed<'_>, context: &Context<'_>, node: &str, field: &'static str) -> PyResult<T> {
    let field = python_name(field);
    match attribute(object, field)? {
        None => Err(raise!(TypeError, "required field \"{field}\" missing from {node}")),
        Some(value) if value.is(&core::none()) && !T::ALLOWS_NONE => {
            Err(raise!(ValueError, "field '{field}' is required for {node}"))
        }
        Some(value) => {
            recursion::check(" during compilation")?;
            T::from_object(value.b(), context)
        }
    }
}

fn read_opt<T: Node>(object: Borrowed<'_>, context: &Context<'_>, _: &str, field: &'static str) -> PyResult<Option<T>> {
    match attribute(object, python_name(field))? {
        Some(value) if !value.is(&core::none()) => T::from_object(value.b(), context).map(Some),
        _ => Ok(None),
    }
}

fn items(object: Borrowed<'_>, node: &str, field: &'static str) -> PyResult<Vec<Ref>> {
    let field = python_name(field);
    match attribute(object, field)? {
        None => Ok(Vec::new()),
        Some(list) if list.class().is_subtype(&core::LIST) => list.to_vec(),
        Some(other) => {
            let found = other.class().tp_name();
            Err(raise!(TypeError, "{node} field \"{field}\" must be a list, not a {found}"))
        }
    }
}

fn read_list<T: Node>(object: Borrowed<'_>, context: &Context<'_>, node: &str, field: &'static str) -> PyResult<Vec<T>> {
    items(object, node, field)?.iter().map(|item| T::from_object(item.b(), context)).collect()
}

fn read_optlist<T: Node>(
    object: Borrowed<'_>,
    context: &Context<'_>,
    node: &str,
    field: &'static str,
) -> PyResult<Vec<Option<T>>> {
    let item = |item: &Ref| if item.is(&core::none()) { Ok(None) } else { T::from_object(item.b(), context).map(Some) };
    items(object, node, field)?.iter().map(item).collect()
}

impl<T: Node> Node for Box<T> {
    fn to_object(&self, context: &Context<'_>) -> PyResult<Ref> {
        T::to_object(self, context)
    }
    fn from_object(object: Borrowed<'_>, context: &Context<'_>) -> PyResult<Self> {
        T::from_object(object, context).map(Box::new)
    }
}

impl Node for ExprBox {
    fn to_object(&self, context: &Context<'_>) -> PyResult<Ref> {
        syntax::ast::Expr::to_object(self, context)
    }
    fn from_object(object: Borrowed<'_>, context: &Context<'_>) -> PyResult<Self> {
        syntax::ast::Expr::from_object(object, context).map(ExprBox::new)
    }
}

impl<T: Node> Node for Option<T> {
    fn to_object(&self, context: &Context<'_>) -> PyResult<Ref> {
        self.as_ref().map_or_else(|| Ok(core::none_ref()), |node| node.to_object(context))
    }
    fn from_object(object: Borrowed<'_>, context: &Context<'_>) -> PyResult<Self> {
        if object.is(&core::none()) { Ok(None) } else { T::from_object(object, context).map(Some) }
    }
}

impl<T: Node> Node for Vec<T> {
    fn to_object(&self, context: &Context<'_>) -> PyResult<Ref> {
        support::list(self.iter().map(|item| item.to_object(context)).collect::<PyResult<Vec<_>>>()?)
    }
    fn from_object(object: Borrowed<'_>, context: &Context<'_>) -> PyResult<Self> {
        object.to_vec()?.iter().map(|item| T::from_object(item.b(), context)).collect()
    }
}

impl Node for i32 {
    // None is a wrong value like others.
    const ALLOWS_NONE: bool = true;
    fn to_object(&self, _: &Context<'_>) -> PyResult<Ref> {
        int::new(i64::from(*self))
    }
    fn from_object(object: Borrowed<'_>, _: &Context<'_>) -> PyResult<Self> {
        if !int::check(object) {
            return Err(raise!(ValueError, "invalid integer value: {}", object.repr_text()?));
        }
        match int::to_i64(object).and_then(|value| i32::try_from(value).ok()) {
            Some(value) => Ok(value),
            None => Err(raise!(OverflowError, "Python int too large to convert to C int")),
        }
    }
}

impl Node for Name {
    fn to_object(&self, _: &Context<'_>) -> PyResult<Ref> {
        match self.as_str() {
            Some(name) => Ok(support::intern(name)),
            None => text::from_wtf8(self.as_bytes()),
        }
    }
    fn from_object(object: Borrowed<'_>, _: &Context<'_>) -> PyResult<Self> {
        if !text::check_exact(&object) {
            return Err(raise!(TypeError, "AST identifier must be of type str"));
        }
        Ok(Name::from(text_of(object)))
    }
}

fn text_of(object: Borrowed<'_>) -> Text {
    text::data(object).into_iter().flat_map(text::Data::iter).collect()
}

impl Node for Text {
    fn to_object(&self, _: &Context<'_>) -> PyResult<Ref> {
        text::from_wtf8(self.as_bytes())
    }
    fn from_object(object: Borrowed<'_>, _: &Context<'_>) -> PyResult<Self> {
        if text::check_exact(&object) || object.class().is_type(&core::BYTES) {
            return Ok(text_of(object));
        }
        Err(raise!(TypeError, "AST string must be of type str"))
    }
}

impl Node for Constant {
    const ALLOWS_NONE: bool = true;

    fn to_object(&self, context: &Context<'_>) -> PyResult<Ref> {
        match self {
            Constant::None => Ok(core::none_ref()),
            Constant::True => Ok(core::true_().to_ref()),
            Constant::False => Ok(core::false_().to_ref()),
            Constant::Ellipsis => Ok(core::ellipsis().to_ref()),
            Constant::Int(Int::Small(value)) => int::new(*value),
            Constant::Int(Int::Big { negative, digits }) => int::from_digits(*negative, digits),
            Constant::Float(value) => float::new(*value),
            Constant::Complex { real, imag } => {
                let (real, imag) = (float::new(*real)?, float::new(*imag)?);
                core::COMPLEX.borrowed().call(&[real.b(), imag.b()])
            }
            Constant::Str(value) => match value.as_str() {
                Some(plain) if plain.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_') => {
                    Ok(support::intern(plain))
                }
                _ => text::from_wtf8(value.as_bytes()),
            },
            Constant::Bytes(value) => bytes::new(value),
            Constant::Tuple(items) => {
                tuple::from_vec(items.iter().map(|item| item.to_object(context)).collect::<PyResult<Vec<_>>>()?)
            }
            Constant::FrozenSet(items) => {
                let items = items.iter().map(|item| item.to_object(context)).collect::<PyResult<Vec<_>>>()?;
                core::FROZENSET.borrowed().call1(support::list(items)?.b())
            }
        }
    }

    fn from_object(object: Borrowed<'_>, context: &Context<'_>) -> PyResult<Self> {
        recursion::check(" during compilation")?;
        for (singleton, constant) in [
            (core::none(), Constant::None),
            (core::true_(), Constant::True),
            (core::false_(), Constant::False),
            (core::ellipsis(), Constant::Ellipsis),
        ] {
            if object.is(&singleton) {
                return Ok(constant);
            }
        }
        let class = object.class();
        if class.is_type(&core::INT) {
            let (negative, digits) = int::digits(object).unwrap_or((false, &[]));
            return Ok(Constant::Int(Int::from_digits(negative, digits.to_vec())));
        }
        if class.is_type(&core::FLOAT) {
            return Ok(Constant::Float(float::value(object).unwrap_or(0.0)));
        }
        if class.is_type(&core::COMPLEX) {
            let part = |name| object.getattr(name).and_then(|part| part.as_f64());
            return Ok(Constant::Complex { real: part(id!("real"))?, imag: part(id!("imag"))? });
        }
        if class.is_type(&core::STR) {
            return Ok(Constant::Str(text_of(object)));
        }
        if class.is_type(&core::BYTES) {
            return Ok(Constant::Bytes(bytes::value(object).unwrap_or_default().into()));
        }
        if class.is_type(&core::TUPLE) || class.is_type(&core::FROZENSET) {
            let items = object.to_vec()?;
            let items = items.iter().map(|item| Constant::from_object(item.b(), context)).collect::<PyResult<Vec<_>>>()?;
            return Ok(if class.is_type(&core::TUPLE) {
                Constant::Tuple(items.into())
            } else {
                Constant::FrozenSet(items.into())
            });
        }
        Err(raise!(TypeError, "got an invalid type in Constant: {}", class.tp_name()))
    }
}

/// Sets the positions of a node.
fn set_span(object: &Ref, span: Span) -> PyResult<()> {
    for (name, value) in [
        (id!("lineno"), span.lineno),
        (id!("col_offset"), span.col_offset),
        (id!("end_lineno"), span.end_lineno),
        (id!("end_col_offset"), span.end_col_offset),
    ] {
        object.setattr(name, int::new(i64::from(value))?.b())?;
    }
    Ok(())
}

/// Reads the positions of a node; the end is that of the start where there is none.
fn span_of(object: Borrowed<'_>, context: &Context<'_>, node: &str) -> PyResult<Span> {
    let lineno: i32 = read_one(object, context, node, "lineno")?;
    let col_offset: i32 = read_one(object, context, node, "col_offset")?;
    let end_lineno: Option<i32> = read_opt(object, context, node, "end_lineno")?;
    let end_col_offset: Option<i32> = read_opt(object, context, node, "end_col_offset")?;
    Ok(Span::new(lineno, col_offset, end_lineno.unwrap_or(lineno), end_col_offset.unwrap_or(col_offset)))
}

fn unexpected(kind: &str, object: Borrowed<'_>) -> PyResult<object::Raised> {
    let shown = object.repr_text()?;
    Ok(raise!(TypeError, "expected some sort of {kind}, but got {shown}"))
}

macro_rules! read_field {
    (one $object:ident $context:ident $node:expr, $field:ident) => {
        read_one($object, $context, $node, stringify!($field))?
    };
    (opt $object:ident $context:ident $node:expr, $field:ident) => {
        read_opt($object, $context, $node, stringify!($field))?
    };
    (list $object:ident $context:ident $node:expr, $field:ident) => {
        read_list($object, $context, $node, stringify!($field))?
    };
    (optlist $object:ident $context:ident $node:expr, $field:ident) => {
        read_optlist($object, $context, $node, stringify!($field))?
    };
}

macro_rules! write_field {
    ($made:ident $context:ident $field:ident) => {
        $made.setattr(support::intern(python_name(stringify!($field))).b(), $field.to_object($context)?.b())?
    };
}

macro_rules! converters {
    () => {};
    (plain $asdl:ident $ty:ident { $($node:ident { $($field:ident: $card:ident $fty:ident),* })* } $($rest:tt)*) => {
        impl Node for syntax::ast::$ty {
            fn to_object(&self, context: &Context<'_>) -> PyResult<Ref> {
                match self { $(
                    Self::$node { $($field),* } => {
                        let made = context.classes.instance(stringify!($node))?;
                        $(write_field!(made context $field);)*
                        Ok(made)
                    }
                )* }
            }
            fn from_object(object: Borrowed<'_>, context: &Context<'_>) -> PyResult<Self> {
                $(
                    if context.classes.is_instance(object, stringify!($node))? {
                        return Ok(Self::$node { $($field: read_field!($card object context stringify!($node), $field)),* });
                    }
                )*
                Err(unexpected(stringify!($asdl), object)?)
            }
        }
        converters! { $($rest)* }
    };
    (sum $asdl:ident $ty:ident $kind:ident {
        $($node:ident { $($field:ident: $card:ident $fty:ident),* })*
    } $($rest:tt)*) => {
        impl Node for syntax::ast::$ty {
            fn to_object(&self, context: &Context<'_>) -> PyResult<Ref> {
                recursion::check(" during ast construction")?;
                match &self.kind { $(
                    syntax::ast::$kind::$node { $($field),* } => {
                        let made = context.classes.instance(stringify!($node))?;
                        $(write_field!(made context $field);)*
                        set_span(&made, self.span)?;
                        Ok(made)
                    }
                )* }
            }
            fn from_object(object: Borrowed<'_>, context: &Context<'_>) -> PyResult<Self> {
                recursion::check(" during compilation")?;
                if object.is(&core::none()) {
                    return Err(raise!(ValueError, "None disallowed in {} list", classes::list_name(stringify!($asdl))));
                }
                let span = span_of(object, context, stringify!($asdl))?;
                $(
                    if context.classes.is_instance(object, stringify!($node))? {
                        let kind = syntax::ast::$kind::$node {
                            $($field: read_field!($card object context stringify!($node), $field)),*
                        };
                        return Ok(Self::new(span, kind));
                    }
                )*
                Err(unexpected(stringify!($asdl), object)?)
            }
        }
        converters! { $($rest)* }
    };
    (simple $asdl:ident $ty:ident { $($node:ident)* } $($rest:tt)*) => {
        impl Node for syntax::ast::$ty {
            fn to_object(&self, context: &Context<'_>) -> PyResult<Ref> {
                context.classes.singleton(self.name())
            }
            fn from_object(object: Borrowed<'_>, context: &Context<'_>) -> PyResult<Self> {
                $(
                    if context.classes.is_instance(object, stringify!($node))? {
                        return Ok(Self::$node);
                    }
                )*
                Err(unexpected(stringify!($asdl), object)?)
            }
        }
        converters! { $($rest)* }
    };
    ($form:ident $asdl:ident $ty:ident span { $($field:ident: $card:ident $fty:ident),* } $($rest:tt)*) => {
        impl Node for syntax::ast::$ty {
            fn to_object(&self, context: &Context<'_>) -> PyResult<Ref> {
                let made = context.classes.instance(classes::class_name(stringify!($form), stringify!($asdl), stringify!($ty)))?;
                let Self { span, $($field),* } = self;
                $(write_field!(made context $field);)*
                set_span(&made, *span)?;
                Ok(made)
            }
            fn from_object(object: Borrowed<'_>, context: &Context<'_>) -> PyResult<Self> {
                let name = classes::class_name(stringify!($form), stringify!($asdl), stringify!($ty));
                let span = span_of(object, context, stringify!($asdl))?;
                Ok(Self { span, $($field: read_field!($card object context name, $field)),* })
            }
        }
        converters! { $($rest)* }
    };
    ($form:ident $asdl:ident $ty:ident bare { $($field:ident: $card:ident $fty:ident),* } $($rest:tt)*) => {
        impl Node for syntax::ast::$ty {
            fn to_object(&self, context: &Context<'_>) -> PyResult<Ref> {
                let made = context.classes.instance(classes::class_name(stringify!($form), stringify!($asdl), stringify!($ty)))?;
                let Self { $($field),* } = self;
                $(write_field!(made context $field);)*
                Ok(made)
            }
            fn from_object(object: Borrowed<'_>, context: &Context<'_>) -> PyResult<Self> {
                let name = classes::class_name(stringify!($form), stringify!($asdl), stringify!($ty));
                Ok(Self { $($field: read_field!($card object context name, $field)),* })
            }
        }
        converters! { $($rest)* }
    };
}

syntax::for_each_node!(converters);
