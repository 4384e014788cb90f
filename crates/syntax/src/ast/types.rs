//! The Rust types of the AST, generated from the table in `nodes.rs`.
//!
//! For instance `sum expr Expr ExprKind { Await { value: one expr } ... }` expands to
//!
//! ```ignore
//! pub struct Expr { pub span: Span, pub kind: ExprKind }
//! pub enum ExprKind { Await { value: ExprBox }, ... }
//! ```

use super::Span;

/// The Rust type of a field, from its cardinality and its ASDL type.
#[macro_export]
macro_rules! ast_field_type {
    (list $ty:tt) => { Vec<$crate::ast_field_type!(item $ty)> };
    (optlist $ty:tt) => { Vec<Option<$crate::ast_field_type!(item $ty)>> };
    (opt $ty:tt) => { Option<$crate::ast_field_type!(one $ty)> };

    (one expr) => { $crate::ast::ExprBox };
    (one arguments) => { Box<$crate::ast::Arguments> };
    (one pattern) => { Box<$crate::ast::Pattern> };
    (one arg) => { Box<$crate::ast::Arg> };
    (one $ty:tt) => { $crate::ast_field_type!(item $ty) };

    (item identifier) => { $crate::text::Name };
    (item string) => { $crate::text::Text };
    (item int) => { i32 };
    (item constant) => { $crate::ast::Constant };
    (item stmt) => { $crate::ast::Stmt };
    (item expr) => { $crate::ast::Expr };
    (item expr_context) => { $crate::ast::ExprContext };
    (item boolop) => { $crate::ast::BoolOp };
    (item operator) => { $crate::ast::Operator };
    (item unaryop) => { $crate::ast::UnaryOp };
    (item cmpop) => { $crate::ast::CmpOp };
    (item comprehension) => { $crate::ast::Comprehension };
    (item excepthandler) => { $crate::ast::ExceptHandler };
    (item arg) => { $crate::ast::Arg };
    (item keyword) => { $crate::ast::Keyword };
    (item alias) => { $crate::ast::Alias };
    (item withitem) => { $crate::ast::WithItem };
    (item match_case) => { $crate::ast::MatchCase };
    (item pattern) => { $crate::ast::Pattern };
    (item type_ignore) => { $crate::ast::TypeIgnore };
    (item type_param) => { $crate::ast::TypeParam };
}

macro_rules! define_types {
    () => {};
    (plain $asdl:ident $ty:ident {
        $($node:ident { $($field:ident: $card:ident $fty:ident),* })*
    } $($rest:tt)*) => {
        #[doc = concat!("`", stringify!($asdl), "` of the abstract grammar.")]
        #[derive(Debug, PartialEq)]
        pub enum $ty {
            $($node { $($field: ast_field_type!($card $fty)),* }),*
        }
        define_types! { $($rest)* }
    };
    (sum $asdl:ident $ty:ident $kind:ident {
        $($node:ident { $($field:ident: $card:ident $fty:ident),* })*
    } $($rest:tt)*) => {
        #[doc = concat!("`", stringify!($asdl), "` of the abstract grammar: what it is, and where.")]
        #[derive(Debug, PartialEq)]
        pub struct $ty {
            pub span: Span,
            pub kind: $kind,
        }

        #[doc = concat!("The constructors of `", stringify!($asdl), "`.")]
        #[derive(Debug, PartialEq)]
        pub enum $kind {
            $($node { $($field: ast_field_type!($card $fty)),* }),*
        }

        impl $ty {
            pub fn new(span: Span, kind: $kind) -> Self {
                Self { span, kind }
            }
        }

        impl $kind {
            /// The node's class name in `ast`.
            pub fn name(&self) -> &'static str {
                match self {
                    $(Self::$node { .. } => stringify!($node)),*
                }
            }
        }
        define_types! { $($rest)* }
    };
    (simple $asdl:ident $ty:ident { $($node:ident)* } $($rest:tt)*) => {
        #[doc = concat!("`", stringify!($asdl), "` of the abstract grammar.")]
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum $ty {
            $($node),*
        }

        impl $ty {
            /// The constructors, in the grammar's order.
            pub const ALL: &[$ty] = &[$($ty::$node),*];

            /// The class name in `ast`.
            pub fn name(self) -> &'static str {
                match self {
                    $(Self::$node => stringify!($node)),*
                }
            }
        }
        define_types! { $($rest)* }
    };
    ($form:ident $asdl:ident $ty:ident span {
        $($field:ident: $card:ident $fty:ident),*
    } $($rest:tt)*) => {
        #[doc = concat!("`", stringify!($asdl), "` of the abstract grammar.")]
        #[derive(Debug, PartialEq)]
        pub struct $ty {
            pub span: Span,
            $(pub $field: ast_field_type!($card $fty)),*
        }
        define_types! { $($rest)* }
    };
    ($form:ident $asdl:ident $ty:ident bare {
        $($field:ident: $card:ident $fty:ident),*
    } $($rest:tt)*) => {
        #[doc = concat!("`", stringify!($asdl), "` of the abstract grammar.")]
        #[derive(Debug, PartialEq)]
        pub struct $ty {
            $(pub $field: ast_field_type!($card $fty)),*
        }
        define_types! { $($rest)* }
    };
}

crate::for_each_node!(define_types);

impl Default for Arguments {
    /// No parameters at all.
    fn default() -> Self {
        Arguments {
            posonlyargs: Vec::new(),
            args: Vec::new(),
            vararg: None,
            kwonlyargs: Vec::new(),
            kw_defaults: Vec::new(),
            kwarg: None,
            defaults: Vec::new(),
        }
    }
}
