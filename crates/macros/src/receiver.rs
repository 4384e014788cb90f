//! The first parameter of a method or slot: how the wrapper turns C's `self` into what the Rust function takes.

use proc_macro2::{Span, TokenStream};
use quote::quote;
use syn::spanned::Spanned;
use syn::{Error, FnArg, GenericArgument, PatType, PathArguments, ReceiverKind, Result, ReturnType, Signature, Type};

/// A function's receiver and its other parameters.
pub struct Split<'a> {
    /// Turns the variable `__slf` (a `Borrowed<'_>`) into the receiver; `None` for a function without one.
    pub receiver: Option<Receiver>,
    pub rest: Vec<&'a PatType>,
}

/// How a receiver is made.
pub struct Receiver {
    /// An expression over `__slf`.
    pub adapt: TokenStream,
    /// The function takes `&self`, so it never sees another type's object.
    pub is_self_reference: bool,
}

/// Splits off the receiver of a function that has one.
pub fn split<'a>(signature: &'a Signature, self_ty: Option<&Type>) -> Result<Split<'a>> {
    let mut inputs = signature.inputs.iter();
    let first = inputs.next().ok_or_else(|| {
        Error::new_spanned(&signature.ident, "this takes a receiver: `&self`, `slf: Borrowed<'_, Self>` or `slf: Borrowed<'_>`")
    })?;
    let receiver = receiver(first, self_ty)?;
    Ok(Split { receiver: Some(receiver), rest: inputs.map(typed).collect::<Result<_>>()? })
}

/// All parameters of a function without a receiver.
pub fn without(signature: &Signature) -> Result<Split<'_>> {
    Ok(Split { receiver: None, rest: signature.inputs.iter().map(typed).collect::<Result<_>>()? })
}

fn typed(arg: &FnArg) -> Result<&PatType> {
    match arg {
        FnArg::Typed(arg) => Ok(arg),
        FnArg::Receiver(arg) => Err(Error::new_spanned(arg, "no receiver is possible here")),
    }
}

fn receiver(arg: &FnArg, self_ty: Option<&Type>) -> Result<Receiver> {
    match arg {
        FnArg::Receiver(arg) => match (&arg.kind, self_ty) {
            (ReceiverKind::Reference(_, _, None), Some(ty)) => Ok(Receiver {
                adapt: quote!(::object::Borrowed::get(::object::Borrowed::self_as::<#ty>(__slf))),
                is_self_reference: true,
            }),
            _ => Err(Error::new_spanned(arg, "an object is taken as `&self` (its fields are cells)")),
        },
        FnArg::Typed(arg) => {
            let adapt = match ungroup(&arg.ty) {
                Type::Reference(reference) if reference.mutability.is_none() => {
                    let ty = concrete(&reference.elem, self_ty);
                    quote!(::object::Borrowed::get(::object::Borrowed::self_as::<#ty>(__slf)))
                }
                ty if last_segment(ty) == Some("Borrowed".to_owned()) => match type_argument(ty) {
                    None => quote!(__slf),
                    Some(inner) if last_segment(inner) == Some("Object".to_owned()) => quote!(__slf),
                    Some(inner) => {
                        let inner = concrete(inner, self_ty);
                        quote!(::object::Borrowed::self_as::<#inner>(__slf))
                    }
                },
                other => {
                    return Err(Error::new_spanned(
                        other,
                        "the receiver is `&self`, `slf: Borrowed<'_, Self>` or `slf: Borrowed<'_>`",
                    ));
                }
            };
            Ok(Receiver { adapt, is_self_reference: false })
        }
    }
}

/// Where an error about a function's result belongs.
pub fn output_span(signature: &Signature) -> Span {
    let span = match &signature.output {
        ReturnType::Type(_, ty) => ty.span(),
        ReturnType::Default => signature.ident.span(),
    };
    span.resolved_at(Span::call_site())
}

/// The type with `Self` replaced, for use outside the impl.
fn concrete<'a>(ty: &'a Type, self_ty: Option<&'a Type>) -> &'a Type {
    match (ungroup(ty), self_ty) {
        (Type::Path(path), Some(self_ty)) if path.path.is_ident("Self") => self_ty,
        (ty, _) => ty,
    }
}

/// The type without the invisible or written parentheses around it.
pub fn ungroup(ty: &Type) -> &Type {
    match ty {
        Type::Group(group) => ungroup(&group.elem),
        Type::Paren(paren) => ungroup(&paren.elem),
        other => other,
    }
}

/// The name of a path type, without its module.
pub fn last_segment(ty: &Type) -> Option<String> {
    match ungroup(ty) {
        Type::Path(path) => path.path.segments.last().map(|segment| segment.ident.to_string()),
        _ => None,
    }
}

fn type_argument(ty: &Type) -> Option<&Type> {
    let Type::Path(path) = ungroup(ty) else { return None };
    let PathArguments::AngleBracketed(arguments) = &path.path.segments.last()?.arguments else { return None };
    arguments.args.iter().find_map(|argument| match argument {
        GenericArgument::Type(ty) => Some(ty),
        _ => None,
    })
}
