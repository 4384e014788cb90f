//! A static table whose entries may be configured out.

use proc_macro2::{Ident, Span, TokenStream};
use quote::quote;
use syn::Attribute;

/// Entries of a table, each with its `#[cfg]` attributes.
#[derive(Default)]
pub struct Table {
    entries: Vec<(Vec<Attribute>, TokenStream)>,
}

impl Table {
    pub fn push(&mut self, cfgs: &[Attribute], entry: TokenStream) {
        self.entries.push((cfgs.to_vec(), entry));
    }

    /// The static and an expression that refers to it. The table ends with `end`; a table without entries is the empty slice.
    pub fn render(&self, name: &str, element: &TokenStream, end: Option<TokenStream>) -> (TokenStream, TokenStream) {
        if self.entries.is_empty() {
            return (quote!(), quote!(&[]));
        }
        let name = Ident::new(name, Span::call_site());
        let entries = self.entries.iter().map(|(cfgs, entry)| quote!(#(#cfgs)* #entry,));
        let units = self.entries.iter().map(|(cfgs, _)| quote!(#(#cfgs)* (),)).chain(end.iter().map(|_| quote!(())));
        let table = quote! {
            static #name: [#element; { const UNITS: &[()] = &[#(#units)*]; UNITS.len() }] = [#(#entries)* #end];
        };
        (table, quote!(&#name))
    }
}
