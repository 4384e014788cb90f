//! `#[pymodule]`: a native module from an inline Rust module.

use crate::doc;
use crate::function::{self, Callee, Entry, Kind};
use crate::pymethods::{cfgs, collect, options};
use crate::receiver::{self, Split};
use crate::signature::Signature;
use crate::table::Table;
use proc_macro2::TokenStream;
use quote::{format_ident, quote};
use syn::ext::IdentExt;
use syn::parse::{Parse, ParseStream};
use syn::punctuated::Punctuated;
use syn::{Attribute, Error, Ident, Item, ItemFn, ItemMod, LitStr, Path, Result, Token, UseTree, parenthesized};

/// The attributes that `#[pymodule]` takes off its items.
const OURS: [&str; 4] = ["pyfunction", "pyattr", "pytype", "pyexec"];

/// `#[pymodule(name = "math", doc = "…", parts(super::files))]` or `#[pymodule(part)]`.
#[derive(Default)]
struct Options {
    name: Option<LitStr>,
    doc: Option<LitStr>,
    /// Inline modules with `#[pymodule(part)]`, by their paths seen from inside this one.
    parts: Vec<Path>,
    /// This is such a part.
    part: bool,
}

impl Parse for Options {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        let mut options = Options::default();
        while !input.is_empty() {
            let key = input.call(Ident::parse_any)?;
            match key.to_string().as_str() {
                "name" => {
                    input.parse::<Token![=]>()?;
                    options.name = Some(input.parse()?);
                }
                "doc" => {
                    input.parse::<Token![=]>()?;
                    options.doc = Some(input.parse()?);
                }
                "parts" => {
                    let content;
                    parenthesized!(content in input);
                    options.parts.extend(Punctuated::<Path, Token![,]>::parse_terminated(&content)?);
                }
                "part" => options.part = true,
                _ => return Err(Error::new_spanned(key, "known here: name, doc, parts(…), part")),
            }
            if !input.is_empty() {
                input.parse::<Token![,]>()?;
            }
        }
        if options.part && (options.name.is_some() || options.doc.is_some() || !options.parts.is_empty()) {
            return Err(Error::new(input.span(), "a part has no name, doc or parts of its own"));
        }
        Ok(options)
    }
}

/// Expands `#[pymodule]`. Errors stand beside the module.
pub fn expand(attr: TokenStream, mut item: ItemMod) -> TokenStream {
    let mut errors: Option<Error> = None;
    let options = syn::parse2::<Options>(attr).unwrap_or_else(|error| {
        errors = Some(error);
        Options::default()
    });
    let attrs = item.attrs.clone();
    let name = item.ident.clone();
    let Some((_, items)) = &mut item.content else {
        let error = Error::new_spanned(&item, "the module is written inline: `mod name { … }`").to_compile_error();
        return quote!(#item #error);
    };
    let scope = if options.part { quote!(super) } else { quote!(self) };
    let mut module = Module { scope, ..Module::default() };
    for item in items.iter_mut() {
        let Some(attrs) = attributes(item) else { continue };
        let cfgs = cfgs(attrs);
        let ours: Vec<Attribute> = attrs.extract_if(.., |attr| OURS.iter().any(|name| attr.path().is_ident(name))).collect();
        for attr in ours {
            if let Err(error) = module.add(&attr, &cfgs, item) {
                collect(&mut errors, error);
            }
        }
    }
    let generated = if options.part { module.part() } else { module.spec(&options, &name, &attrs) };
    match generated {
        Ok(generated) => items.push(Item::Verbatim(generated)),
        Err(error) => collect(&mut errors, error),
    }
    let errors = errors.map(|error| error.to_compile_error());
    quote!(#item #errors)
}

fn attributes(item: &mut Item) -> Option<&mut Vec<Attribute>> {
    match item {
        Item::Fn(item) => Some(&mut item.attrs),
        Item::Const(item) => Some(&mut item.attrs),
        Item::Static(item) => Some(&mut item.attrs),
        Item::Use(item) => Some(&mut item.attrs),
        Item::Type(item) => Some(&mut item.attrs),
        Item::Struct(item) => Some(&mut item.attrs),
        _ => None,
    }
}

#[derive(Default)]
struct Module {
    /// The path from the generated code to the items.
    scope: TokenStream,
    wrappers: Vec<TokenStream>,
    methods: Table,
    types: Table,
    attrs: Table,
    exec: Option<(Ident, Vec<Attribute>)>,
}

impl Module {
    fn add(&mut self, attr: &Attribute, cfgs: &[Attribute], item: &Item) -> Result<()> {
        if attr.path().is_ident("pyfunction") {
            match item {
                Item::Fn(item) => self.add_function(attr, cfgs, item),
                _ => Err(Error::new_spanned(attr, "`#[pyfunction]` stands on a function")),
            }
        } else if attr.path().is_ident("pyattr") {
            self.add_attr(attr, cfgs, item)
        } else if attr.path().is_ident("pytype") {
            self.add_type(attr, cfgs, item)
        } else {
            match item {
                Item::Fn(item) if self.exec.is_none() => {
                    self.exec = Some((item.sig.ident.clone(), cfgs.to_vec()));
                    Ok(())
                }
                Item::Fn(_) => Err(Error::new_spanned(attr, "a second `#[pyexec]`")),
                _ => Err(Error::new_spanned(attr, "`#[pyexec]` stands on a function")),
            }
        }
    }

    fn add_function(&mut self, attr: &Attribute, cfgs: &[Attribute], item: &ItemFn) -> Result<()> {
        let options = options(attr)?;
        let split = function_split(options.signature.as_ref(), item)?;
        let (scope, name) = (&self.scope, &item.sig.ident);
        let callee = Callee { attr, attrs: &item.attrs, signature: &item.sig, split, path: quote!(#scope::#name) };
        let Entry { wrapper, entry } = function::entry(Kind::Module, &options, &callee, self.wrappers.len())?;
        self.wrappers.push(quote!(#(#cfgs)* #wrapper));
        self.methods.push(cfgs, entry);
        Ok(())
    }

    fn add_attr(&mut self, attr: &Attribute, cfgs: &[Attribute], item: &Item) -> Result<()> {
        let options = options(attr)?;
        let scope = &self.scope;
        let (ident, value) = match item {
            Item::Fn(item) if item.sig.inputs.is_empty() => {
                let ident = &item.sig.ident;
                (ident, quote!(#scope::#ident()))
            }
            Item::Const(item) => {
                let ident = &item.ident;
                (ident, quote!(#scope::#ident))
            }
            _ => return Err(Error::new_spanned(attr, "`#[pyattr]` stands on a constant or on a function without parameters")),
        };
        let name = options.name.as_ref().map_or_else(|| ident.unraw().to_string(), LitStr::value);
        let wrapper = format_ident!("__attr_{}_{}", ident.unraw(), self.wrappers.len());
        self.wrappers.push(quote! {
            #(#cfgs)*
            fn #wrapper() -> ::object::PyResult<::object::Ref> { ::object::IntoPy::into_py(#value) }
        });
        self.attrs.push(cfgs, quote!((#name, #wrapper as fn() -> ::object::PyResult<::object::Ref>)));
        Ok(())
    }

    fn add_type(&mut self, attr: &Attribute, cfgs: &[Attribute], item: &Item) -> Result<()> {
        let mut names = Vec::new();
        match item {
            Item::Use(item) => used_names(&item.tree, &mut names)?,
            Item::Type(item) => names.push(item.ident.clone()),
            Item::Struct(item) => names.push(item.ident.clone()),
            _ => {
                return Err(Error::new_spanned(
                    attr,
                    "`#[pytype]` stands on a `use`, on a `type` or on a struct with `#[pyclass]`",
                ));
            }
        }
        let scope = &self.scope;
        for name in names {
            self.types.push(cfgs, quote!(::object::spec::TypeEntry::of::<#scope::#name>()));
        }
        Ok(())
    }

    /// The function that `#[pyexec]` marks.
    fn exec(&self) -> Result<Option<&Ident>> {
        match &self.exec {
            Some((exec, cfgs)) if cfgs.is_empty() => Ok(Some(exec)),
            Some((exec, _)) => Err(Error::new_spanned(exec, "`#[pyexec]` cannot be configured out")),
            None => Ok(None),
        }
    }

    /// What a part gives to the module that names it: the tables as constant functions, since the elements of a method table
    /// cannot be copied.
    fn part(self) -> Result<TokenStream> {
        let exec = self.exec()?.map(|exec| quote!(super::#exec(module)?;));
        let Module { wrappers, methods, types, attrs, .. } = self;
        let method = methods.indexed(&quote!(::object::spec::method_end()));
        let entry = types.indexed(&quote!(::object::spec::TypeEntry::of::<::object::TypeObject>()));
        let attr = attrs.indexed(&quote!(("", no_attr)));
        let (method_count, type_count, attr_count) = (methods.count(), types.count(), attrs.count());
        let attr_type = attr_type();
        let allow = crate::allow();
        Ok(quote! {
            /// This part's share of the module's declaration.
            #[doc(hidden)]
            #allow
            pub(crate) mod __part {
                #[allow(unused_imports)]
                use super::*;
                pub(crate) const METHODS: usize = #method_count;
                pub(crate) const TYPES: usize = #type_count;
                pub(crate) const ATTRS: usize = #attr_count;
                pub(crate) const fn method(index: usize) -> ::abi::PyMethodDef { #method }
                pub(crate) const fn entry(index: usize) -> ::object::spec::TypeEntry { #entry }
                pub(crate) const fn attr(index: usize) -> #attr_type {
                    fn no_attr() -> ::object::PyResult<::object::Ref> { ::object::IntoPy::into_py(()) }
                    #attr
                }
                pub(crate) fn exec(module: ::object::Borrowed<'_>) -> ::object::PyResult<()> { #exec ::core::result::Result::Ok(()) }
                #(#wrappers)*
            }
        })
    }

    fn spec(self, options: &Options, ident: &Ident, attrs: &[Attribute]) -> Result<TokenStream> {
        let own_exec = self.exec()?;
        let parts = &options.parts;
        let exec = match own_exec {
            _ if !parts.is_empty() => {
                let own = own_exec.map(|exec| quote!(self::#exec(module)?;));
                quote! {{
                    fn __exec(module: ::object::Borrowed<'_>) -> ::object::PyResult<()> {
                        #(#parts::__part::exec(module)?;)*
                        #own
                        ::core::result::Result::Ok(())
                    }
                    ::core::option::Option::Some(__exec)
                }}
            }
            Some(exec) => quote!(::core::option::Option::Some(self::#exec)),
            None => quote!(::core::option::Option::None),
        };
        let name = options.name.as_ref().map_or_else(|| ident.unraw().to_string(), LitStr::value);
        let name = doc::c_literal(&name, ident.span())?;
        let text = options.doc.as_ref().map_or_else(|| doc::comment(attrs), LitStr::value);
        let doc = match text.as_str() {
            "" => quote!(::core::option::Option::None),
            text => {
                let text = doc::c_literal(text, ident.span())?;
                quote!(::core::option::Option::Some(#text))
            }
        };
        let Module { wrappers, methods, types, attrs, .. } = self;
        let method_type = quote!(::abi::PyMethodDef);
        let entry_type = quote!(::object::spec::TypeEntry);
        let (method_end, attr_type) = (quote!(::object::spec::method_end()), attr_type());
        let (tables, methods, types, attrs) = if parts.is_empty() {
            let (method_static, methods) = methods.render("__METHODS", &method_type, Some(method_end));
            let (type_static, types) = types.render("__TYPES", &entry_type, None);
            let (attr_static, attrs) = attrs.render("__ATTRS", &attr_type, None);
            (quote!(#method_static #type_static #attr_static), methods, types, attrs)
        } else {
            let no_type = quote!(::object::spec::TypeEntry::of::<::object::TypeObject>());
            let methods = methods.joined("__METHODS", &method_type, &method_end, true, parts, "METHODS", "method");
            let types = types.joined("__TYPES", &entry_type, &no_type, false, parts, "TYPES", "entry");
            let attrs = attrs.joined("__ATTRS", &attr_type, &quote!(("", no_attr as _)), false, parts, "ATTRS", "attr");
            let no_attr = quote!(
                fn no_attr() -> ::object::PyResult<::object::Ref> {
                    ::object::IntoPy::into_py(())
                }
            );
            (quote!(#methods #types #no_attr #attrs), quote!(&__METHODS), quote!(&__TYPES), quote!(&__ATTRS))
        };
        let allow = crate::allow();
        Ok(quote! {
            /// The module's declaration.
            #allow
            pub static SPEC: ::object::spec::ModuleSpec = {
                #(#wrappers)*
                #tables
                ::object::spec::ModuleSpec { name: #name, doc: #doc, methods: #methods, types: #types, attrs: #attrs, exec: #exec }
            };
        })
    }
}

fn attr_type() -> TokenStream {
    quote!((&'static str, fn() -> ::object::PyResult<::object::Ref>))
}

/// A module's function takes the module where its signature begins with `$module` and it has one parameter more than the signature.
fn function_split<'a>(text: Option<&LitStr>, item: &'a ItemFn) -> Result<Split<'a>> {
    let signature = text.and_then(|text| Signature::parse(&text.value()).ok());
    let takes_module =
        signature.is_some_and(|signature| signature.receiver.is_some() && item.sig.inputs.len() == signature.rust_params() + 1);
    if takes_module { receiver::split(&item.sig, None) } else { receiver::without(&item.sig) }
}

/// The names that a `use` brings in.
fn used_names(tree: &UseTree, names: &mut Vec<Ident>) -> Result<()> {
    match tree {
        UseTree::Path(path) => used_names(&path.tree, names),
        UseTree::Name(name) => {
            names.push(name.ident.clone());
            Ok(())
        }
        UseTree::Rename(rename) => {
            names.push(rename.rename.clone());
            Ok(())
        }
        UseTree::Group(group) => group.items.iter().try_for_each(|tree| used_names(tree, names)),
        other => Err(Error::new_spanned(other, "name each type")),
    }
}
