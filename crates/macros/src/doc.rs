//! Docstrings from `///` comments, in the form of `ml_doc` and `tp_doc`.

use proc_macro2::{Literal, Span, TokenStream};
use quote::quote;
use std::ffi::CString;
use syn::{Attribute, Expr, ExprLit, Lit, Meta, Result};

/// The text of the `///` comments, dedented and trimmed; empty without one.
pub fn comment(attrs: &[Attribute]) -> String {
    let mut lines = Vec::new();
    for attr in attrs {
        if let Meta::NameValue(meta) = &attr.meta
            && meta.path.is_ident("doc")
            && let Expr::Lit(ExprLit { lit: Lit::Str(text), .. }) = &meta.value
        {
            lines.extend(text.value().lines().map(|line| line.trim_end().to_owned()).collect::<Vec<_>>());
            if text.value().is_empty() {
                lines.push(String::new());
            }
        }
    }
    dedent(&lines)
}

fn dedent(lines: &[String]) -> String {
    let indent = lines
        .iter()
        .filter(|line| !line.is_empty())
        .map(|line| line.len() - line.trim_start_matches(' ').len())
        .min()
        .unwrap_or(0);
    let dedented: Vec<&str> = lines.iter().map(|line| line.get(indent..).unwrap_or("")).collect();
    dedented.join("\n").trim_matches('\n').to_owned()
}

/// `name(signature)\n--\n\n` before the comment: where `inspect` finds a native callable's signature.
pub fn with_signature(name: &str, signature: &str, comment: &str) -> String {
    format!("{name}{signature}\n--\n\n{comment}")
}

/// A `c"…"` literal.
pub fn c_literal(text: &str, span: Span) -> Result<Literal> {
    let text = CString::new(text).map_err(|_| syn::Error::new(span, "a C string cannot hold a NUL character"))?;
    let mut literal = Literal::c_string(&text);
    literal.set_span(span.resolved_at(Span::call_site()));
    Ok(literal)
}

/// The docstring of a method or an attribute as a `&'static CStr`. Half of the constants of the native modules are such texts, which few programs read: they stand
/// by themselves, not between the names that each start reads.
pub fn of_attribute(text: &str, span: Span) -> Result<TokenStream> {
    if text.is_empty() {
        let literal = c_literal(text, span)?;
        return Ok(quote!(#literal));
    }
    let text = CString::new(text).map_err(|_| syn::Error::new(span, "a C string cannot hold a NUL character"))?;
    let bytes = text.as_bytes_with_nul();
    let (length, literal) = (bytes.len(), Literal::byte_string(bytes));
    Ok(quote! {
        {
            #[cfg_attr(target_os = "linux", unsafe(link_section = ".rodata.docstrings"))]
            static __DOC: [u8; #length] = *#literal;
            // One NUL, at its end: checked above.
            unsafe { ::core::ffi::CStr::from_bytes_with_nul_unchecked(&__DOC) }
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_are_dedented() {
        let item: syn::ItemFn = syn::parse_quote! {
            ///  First.
            ///
            ///    Indented.
            #[inline]
            fn f() {}
        };
        assert_eq!(comment(&item.attrs), "First.\n\n  Indented.");
        assert_eq!(comment(&[]), "");
    }
}
