//! The classes of `_ast`: `AST` with its constructor, and one class for each entry of the table.

use crate::lifecycle::support;
use object::value::{str as text, tuple};
use object::{Borrowed, PyResult, Ref, StaticType, core, id, raise, thread};
use std::cell::{OnceCell, RefCell};
use std::collections::HashMap;

/// One class: its name, its base, its fields as (name, cardinality, type), whether it has positions.
pub(super) struct Class {
    pub(super) name: &'static str,
    pub(super) base: &'static str,
    pub(super) fields: &'static [(&'static str, &'static str, &'static str)],
    pub(super) span: bool,
    /// The nodes of a sum; empty for all others.
    nodes: &'static [&'static str],
    /// A node without fields, of which there is one instance.
    simple: bool,
}

const POSITIONS: [&str; 4] = ["lineno", "col_offset", "end_lineno", "end_col_offset"];

/// The class's name in `ast`: sums with one constructor are named as the Rust type, products as in the grammar.
pub(super) fn class_name(form: &str, asdl: &'static str, ty: &'static str) -> &'static str {
    if form == "single" { ty } else { asdl }
}

/// How error messages call a list of such nodes.
pub(super) fn list_name(asdl: &'static str) -> &'static str {
    match asdl {
        "expr" => "expression",
        "stmt" => "statement",
        other => other,
    }
}

macro_rules! class_table {
    (@ [$($done:tt)*]) => { &[$($done)*] };
    (@ [$($done:tt)*] plain $asdl:ident $ty:ident { $($node:ident { $($field:ident: $card:ident $fty:ident),* })* } $($rest:tt)*) => {
        class_table! { @ [$($done)*
            Class { name: stringify!($asdl), base: "AST", fields: &[], span: false, nodes: &[$(stringify!($node)),*], simple: false },
            $(Class {
                name: stringify!($node), base: stringify!($asdl), span: false, nodes: &[], simple: false,
                fields: &[$((stringify!($field), stringify!($card), stringify!($fty))),*],
            },)*
        ] $($rest)* }
    };
    (@ [$($done:tt)*] sum $asdl:ident $ty:ident $kind:ident { $($node:ident { $($field:ident: $card:ident $fty:ident),* })* } $($rest:tt)*) => {
        class_table! { @ [$($done)*
            Class { name: stringify!($asdl), base: "AST", fields: &[], span: true, nodes: &[$(stringify!($node)),*], simple: false },
            $(Class {
                name: stringify!($node), base: stringify!($asdl), span: true, nodes: &[], simple: false,
                fields: &[$((stringify!($field), stringify!($card), stringify!($fty))),*],
            },)*
        ] $($rest)* }
    };
    (@ [$($done:tt)*] simple $asdl:ident $ty:ident { $($node:ident)* } $($rest:tt)*) => {
        class_table! { @ [$($done)*
            Class { name: stringify!($asdl), base: "AST", fields: &[], span: false, nodes: &[$(stringify!($node)),*], simple: false },
            $(Class { name: stringify!($node), base: stringify!($asdl), fields: &[], span: false, nodes: &[], simple: true },)*
        ] $($rest)* }
    };
    (@ [$($done:tt)*] single $asdl:ident $ty:ident $attributes:ident { $($field:ident: $card:ident $fty:ident),* } $($rest:tt)*) => {
        class_table! { @ [$($done)*
            Class {
                name: stringify!($asdl), base: "AST", fields: &[], span: class_table!(? $attributes),
                nodes: &[stringify!($ty)], simple: false,
            },
            Class {
                name: stringify!($ty), base: stringify!($asdl), span: class_table!(? $attributes), nodes: &[], simple: false,
                fields: &[$((stringify!($field), stringify!($card), stringify!($fty))),*],
            },
        ] $($rest)* }
    };
    (@ [$($done:tt)*] product $asdl:ident $ty:ident $attributes:ident { $($field:ident: $card:ident $fty:ident),* } $($rest:tt)*) => {
        class_table! { @ [$($done)*
            Class {
                name: stringify!($asdl), base: "AST", span: class_table!(? $attributes), nodes: &[], simple: false,
                fields: &[$((stringify!($field), stringify!($card), stringify!($fty))),*],
            },
        ] $($rest)* }
    };
    (? span) => { true };
    (? bare) => { false };
    ($($table:tt)*) => { class_table! { @ [] $($table)* } };
}

static TABLE: &[Class] = syntax::for_each_node!(class_table);

pub(super) fn table() -> &'static [Class] {
    TABLE
}

fn field_name(field: &'static str) -> &'static str {
    field.strip_suffix('_').unwrap_or(field)
}

/// The classes of one interpreter.
#[derive(Default)]
pub(super) struct Classes {
    by_name: OnceCell<HashMap<&'static str, Ref>>,
    singletons: RefCell<HashMap<&'static str, Ref>>,
}

pub(super) fn of_interpreter() -> PyResult<&'static Classes> {
    let classes = thread::current().interpreter().extensions.get::<Classes>();
    if classes.by_name.get().is_none() {
        let made = make_all()?;
        let _first = classes.by_name.set(made);
    }
    Ok(classes)
}

impl Classes {
    pub(super) fn get(&self, name: &str) -> PyResult<Ref> {
        match self.by_name.get().and_then(|classes| classes.get(name)) {
            Some(class) => Ok(class.clone()),
            None => Err(raise!(SystemError, "no node class {name}")),
        }
    }

    /// A new node without fields.
    pub(super) fn instance(&self, name: &'static str) -> PyResult<Ref> {
        let class = self.get(name)?;
        let Some(class) = support::as_type(class.b()) else { return Err(raise!(SystemError, "{name} is no class")) };
        object::memory::generic_alloc(class, 0)
    }

    /// The instance of a node without fields.
    pub(super) fn singleton(&self, name: &'static str) -> PyResult<Ref> {
        if let Some(found) = self.singletons.borrow().get(name) {
            return Ok(found.clone());
        }
        let made = self.instance(name)?;
        self.singletons.borrow_mut().insert(name, made.clone());
        Ok(made)
    }

    pub(super) fn is_instance(&self, object: Borrowed<'_>, name: &str) -> PyResult<bool> {
        object.isinstance(self.get(name)?.b())
    }
}

fn names<'a>(names: impl Iterator<Item = &'a str>) -> PyResult<Ref> {
    tuple::from_vec(names.map(support::intern).collect())
}

/// `expr? value`, as docstrings show a field.
fn field_doc((name, card, ty): &(&'static str, &'static str, &'static str)) -> String {
    let mark = match *card {
        "opt" => "?",
        "list" => "*",
        "optlist" => "?*",
        _ => "",
    };
    format!("{ty}{mark} {}", field_name(name))
}

fn signature(class: &Class) -> String {
    if class.fields.is_empty() {
        return class.name.to_owned();
    }
    let fields: Vec<String> = class.fields.iter().map(field_doc).collect();
    format!("{}({})", class.name, fields.join(", "))
}

fn doc(class: &Class) -> String {
    if class.nodes.is_empty() {
        return signature(class);
    }
    let signatures: Vec<String> =
        class.nodes.iter().filter_map(|node| TABLE.iter().find(|other| other.name == *node)).map(signature).collect();
    // Nodes without fields stand in one line.
    let simple = class.nodes.iter().all(|node| TABLE.iter().any(|other| other.name == *node && other.simple));
    let separator = if simple { " | ".to_owned() } else { format!("\n{}| ", " ".repeat(class.name.len() + 1)) };
    format!("{} = {}", class.name, signatures.join(&separator))
}

fn make_all() -> PyResult<HashMap<&'static str, Ref>> {
    let mut classes: HashMap<&'static str, Ref> = HashMap::new();
    let root = super::node::Ast::type_object();
    builtins::type_::ready::ready(root)?;
    for (name, value) in
        [(id!("_fields"), tuple::empty()), (id!("_attributes"), tuple::empty()), (id!("__match_args__"), tuple::empty())]
    {
        builtins::type_::ready::set_in_dict(root, name, value.b())?;
    }
    // A heap type in CPython: programs may set its attributes.
    root.remove_flags(abi::tpflags::IMMUTABLETYPE);
    classes.insert("AST", root.to_ref());
    for class in TABLE {
        let base = classes.get(class.base).cloned().unwrap_or_else(|| root.to_ref());
        let made = make(class, &base)?;
        classes.insert(class.name, made);
    }
    for class in TABLE {
        set_field_types(class, &classes)?;
    }
    Ok(classes)
}

fn make(class: &Class, base: &Ref) -> PyResult<Ref> {
    let namespace = support::dict_new()?;
    let set = |name: &str, value: Ref| support::dict_set_str(namespace.b(), name, value);
    let fields = || names(class.fields.iter().map(|(name, _, _)| field_name(name)));
    set("_fields", fields()?)?;
    set("__match_args__", fields()?)?;
    set("__module__", text::new("ast")?)?;
    set("__doc__", text::new(&doc(class))?)?;
    if class.span && (class.base == "AST") {
        set("_attributes", names(POSITIONS.into_iter())?)?;
        set("end_lineno", core::none_ref())?;
        set("end_col_offset", core::none_ref())?;
    } else if class.base == "AST" {
        set("_attributes", tuple::empty())?;
    }
    for (name, card, _) in class.fields {
        if *card == "opt" {
            set(field_name(name), core::none_ref())?;
        }
    }
    let bases = tuple::from_array([base.clone()])?;
    let name = support::intern(class.name);
    core::TYPE.borrowed().call(&[name.b(), bases.b(), namespace.b()])
}

fn set_field_types(class: &Class, classes: &HashMap<&'static str, Ref>) -> PyResult<()> {
    let Some(own) = classes.get(class.name) else { return Ok(()) };
    if class.fields.is_empty() && class.base == "AST" && !matches!(class.name, "arguments") {
        return Ok(());
    }
    let types = support::dict_new()?;
    for (name, card, ty) in class.fields {
        let plain = match *ty {
            "identifier" | "string" => core::STR.to_ref(),
            "int" => core::INT.to_ref(),
            "constant" => core::OBJECT.to_ref(),
            other => classes.get(other).cloned().unwrap_or_else(core::none_ref),
        };
        let shown = match *card {
            "opt" => object::protocol::number::or(plain.b(), core::none())?,
            "list" | "optlist" => (object::hooks::get().generic_alias)(core::LIST.borrowed(), plain.b())?,
            _ => plain,
        };
        support::dict_set_str(types.b(), field_name(name), shown)?;
    }
    own.setattr(id!("_field_types"), types.b())?;
    own.setattr(id!("__annotations__"), types.b())
}
