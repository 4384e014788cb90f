//! Writes trees as text, for tests: `ast.dump(tree, include_attributes=True, show_empty=True)` with constants in a canonical form.
//!
//! Ints are hexadecimal, floats the bits, strings that are not plain ASCII the bytes. It recurses: not for hostile trees.

use crate::ast::*;
use crate::text::{Name, Text};
use std::fmt::Write;

/// Something that has a dump.
pub trait Dump {
    fn dump(&self, out: &mut String);
}

/// The dump of one node.
pub fn dump(node: &impl Dump) -> String {
    let mut out = String::new();
    node.dump(&mut out);
    out
}

/// A field's value; an absent one is left out.
trait Field {
    fn field(&self, name: &str, first: &mut bool, out: &mut String);
}

impl<T: Dump> Field for T {
    fn field(&self, name: &str, first: &mut bool, out: &mut String) {
        begin(name, first, out);
        self.dump(out);
    }
}

impl<T: Dump> Field for Option<T> {
    fn field(&self, name: &str, first: &mut bool, out: &mut String) {
        if let Some(value) = self {
            value.field(name, first, out);
        }
    }
}

fn begin(name: &str, first: &mut bool, out: &mut String) {
    if !std::mem::replace(first, false) {
        out.push_str(", ");
    }
    out.push_str(name.trim_end_matches('_'));
    out.push('=');
}

struct Items<'a, T>(&'a [T]);

impl<T: Dump> Dump for Vec<T> {
    fn dump(&self, out: &mut String) {
        Items(self).dump(out);
    }
}

impl<T: Dump> Dump for Items<'_, T> {
    fn dump(&self, out: &mut String) {
        out.push('[');
        for (index, item) in self.0.iter().enumerate() {
            if index > 0 {
                out.push_str(", ");
            }
            item.dump(out);
        }
        out.push(']');
    }
}

/// Items of an `optlist`.
struct Optional<'a, T>(&'a [Option<T>]);

impl<T: Dump> Dump for Optional<'_, T> {
    fn dump(&self, out: &mut String) {
        out.push('[');
        for (index, item) in self.0.iter().enumerate() {
            if index > 0 {
                out.push_str(", ");
            }
            match item {
                Some(item) => item.dump(out),
                None => out.push_str("None"),
            }
        }
        out.push(']');
    }
}

impl<T: Dump> Dump for Box<T> {
    fn dump(&self, out: &mut String) {
        (**self).dump(out);
    }
}

impl Dump for ExprBox {
    fn dump(&self, out: &mut String) {
        (**self).dump(out);
    }
}

impl Dump for i32 {
    fn dump(&self, out: &mut String) {
        let _ = write!(out, "{self}");
    }
}

impl Dump for Name {
    fn dump(&self, out: &mut String) {
        self.text().dump(out);
    }
}

impl Dump for Text {
    fn dump(&self, out: &mut String) {
        bytes(self.as_bytes(), "u", out);
    }
}

fn bytes(bytes: &[u8], prefix: &str, out: &mut String) {
    if bytes.iter().all(|&b| (0x20..0x7F).contains(&b) && b != b'\'' && b != b'\\') {
        let text = String::from_utf8_lossy(bytes);
        let prefix = if prefix == "u" { "" } else { prefix };
        let _ = write!(out, "{prefix}'{text}'");
        return;
    }
    let _ = write!(out, "{prefix}<");
    for byte in bytes {
        let _ = write!(out, "{byte:02x}");
    }
    out.push('>');
}

impl Dump for Constant {
    fn dump(&self, out: &mut String) {
        match self {
            Constant::None => out.push_str("None"),
            Constant::True => out.push_str("True"),
            Constant::False => out.push_str("False"),
            Constant::Ellipsis => out.push_str("Ellipsis"),
            Constant::Int(Int::Small(value)) => {
                let sign = if *value < 0 { "-" } else { "" };
                let _ = write!(out, "{sign}{:#x}", value.unsigned_abs());
            }
            Constant::Int(Int::Big { negative, digits }) => {
                out.push_str(if *negative { "-0x" } else { "0x" });
                big_hex(digits, out);
            }
            Constant::Float(value) => {
                let _ = write!(out, "f{:016x}", value.to_bits());
            }
            Constant::Complex { real, imag } => {
                let _ = write!(out, "c{:016x}{:016x}", real.to_bits(), imag.to_bits());
            }
            Constant::Str(text) => text.dump(out),
            Constant::Bytes(value) => bytes(value, "b", out),
            Constant::Tuple(items) => Items(items).dump(out),
            Constant::FrozenSet(items) => Items(items).dump(out),
        }
    }
}

fn big_hex(digits: &[u32], out: &mut String) {
    let bits: Vec<bool> = digits.iter().flat_map(|digit| (0..30).map(move |bit| digit >> bit & 1 == 1)).collect();
    let nibbles = bits.chunks(4).map(|nibble| nibble.iter().rev().fold(0u32, |value, &bit| value * 2 + u32::from(bit)));
    let text: String = nibbles.filter_map(|nibble| char::from_digit(nibble, 16)).collect();
    let text: String = text.chars().rev().collect();
    out.push_str(text.trim_start_matches('0'));
}

fn attributes(span: Span, first: &mut bool, out: &mut String) {
    span.lineno.field("lineno", first, out);
    span.col_offset.field("col_offset", first, out);
    span.end_lineno.field("end_lineno", first, out);
    span.end_col_offset.field("end_col_offset", first, out);
}

macro_rules! dump_field {
    (optlist $field:ident, $first:ident, $out:ident) => {
        Optional($field).field(stringify!($field), &mut $first, $out)
    };
    ($card:ident $field:ident, $first:ident, $out:ident) => {
        $field.field(stringify!($field), &mut $first, $out)
    };
}

macro_rules! define_dump {
    () => {};
    (plain $asdl:ident $ty:ident {
        $($node:ident { $($field:ident: $card:ident $fty:ident),* })*
    } $($rest:tt)*) => {
        impl Dump for $ty {
            fn dump(&self, out: &mut String) {
                match self {
                    $($ty::$node { $($field),* } => {
                        out.push_str(concat!(stringify!($node), "("));
                        let mut first = true;
                        $(dump_field!($card $field, first, out);)*
                        let _ = first;
                        out.push(')');
                    })*
                }
            }
        }
        define_dump! { $($rest)* }
    };
    (sum $asdl:ident $ty:ident $kind:ident {
        $($node:ident { $($field:ident: $card:ident $fty:ident),* })*
    } $($rest:tt)*) => {
        impl Dump for $ty {
            fn dump(&self, out: &mut String) {
                let mut first = true;
                match &self.kind {
                    $($kind::$node { $($field),* } => {
                        out.push_str(concat!(stringify!($node), "("));
                        $(dump_field!($card $field, first, out);)*
                    })*
                }
                attributes(self.span, &mut first, out);
                out.push(')');
            }
        }
        define_dump! { $($rest)* }
    };
    (simple $asdl:ident $ty:ident { $($node:ident)* } $($rest:tt)*) => {
        impl Dump for $ty {
            fn dump(&self, out: &mut String) {
                out.push_str(self.name());
                out.push_str("()");
            }
        }
        define_dump! { $($rest)* }
    };
    ($form:ident $asdl:ident $ty:ident span {
        $($field:ident: $card:ident $fty:ident),*
    } $($rest:tt)*) => {
        impl Dump for $ty {
            fn dump(&self, out: &mut String) {
                let $ty { span, $($field),* } = self;
                out.push_str(define_dump!(@name $form $asdl $ty));
                let mut first = true;
                $(dump_field!($card $field, first, out);)*
                attributes(*span, &mut first, out);
                out.push(')');
            }
        }
        define_dump! { $($rest)* }
    };
    ($form:ident $asdl:ident $ty:ident bare {
        $($field:ident: $card:ident $fty:ident),*
    } $($rest:tt)*) => {
        impl Dump for $ty {
            fn dump(&self, out: &mut String) {
                let $ty { $($field),* } = self;
                out.push_str(define_dump!(@name $form $asdl $ty));
                let mut first = true;
                $(dump_field!($card $field, first, out);)*
                let _ = first;
                out.push(')');
            }
        }
        define_dump! { $($rest)* }
    };
    (@name single $asdl:ident $ty:ident) => { concat!(stringify!($ty), "(") };
    (@name product $asdl:ident $ty:ident) => { concat!(stringify!($asdl), "(") };
}

crate::for_each_node!(define_dump);
