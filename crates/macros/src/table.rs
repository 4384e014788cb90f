//! A static table whose entries may be configured out.

use proc_macro2::{Ident, Span, TokenStream};
use quote::quote;
use syn::{Attribute, Path};

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

    /// A constant expression: the number of entries.
    pub fn count(&self) -> TokenStream {
        let units = self.entries.iter().map(|(cfgs, _)| quote!(#(#cfgs)* (),));
        quote!({ const UNITS: &[()] = &[#(#units)*]; UNITS.len() })
    }

    /// The body of a constant function that gives the entry at `index`, or `other` behind the last.
    pub fn indexed(&self, other: &TokenStream) -> TokenStream {
        let entries = self.entries.iter().map(|(cfgs, entry)| {
            quote! {
                #(#cfgs)*
                {
                    if index == at {
                        return #entry;
                    }
                    at += 1;
                }
            }
        });
        quote! {
            let mut at = 0usize;
            #(#entries)*
            #other
        }
    }

    /// A static with the entries of all `parts` and then these. `filler` stands in each place first, and at the end where the
    /// table needs one (`ended`).
    #[allow(clippy::too_many_arguments, reason = "the names in the parts' modules")]
    pub fn joined(
        &self,
        name: &str,
        element: &TokenStream,
        filler: &TokenStream,
        ended: bool,
        parts: &[Path],
        count: &str,
        get: &str,
    ) -> TokenStream {
        let [name, count, get] = [name, count, get].map(|name| Ident::new(name, Span::call_site()));
        let own = self.count();
        let end = usize::from(ended);
        let entries = self.entries.iter().map(|(cfgs, entry)| {
            quote! {
                #(#cfgs)*
                {
                    table[at] = #entry;
                    at += 1;
                }
            }
        });
        quote! {
            static #name: [#element; #end + #own #(+ #parts::__part::#count)*] = {
                let mut table: [#element; #end + #own #(+ #parts::__part::#count)*] = [const { #filler }; _];
                let mut at = 0usize;
                #({
                    let mut index = 0;
                    while index < #parts::__part::#count {
                        table[at] = #parts::__part::#get(index);
                        index += 1;
                        at += 1;
                    }
                })*
                #(#entries)*
                table
            };
        }
    }
}
