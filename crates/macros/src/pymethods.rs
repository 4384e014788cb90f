//! `#[pymethods]`: the slots, methods and attributes of a type, as one part of its specification.

use crate::doc;
use crate::function::{self, Callee, Entry, Kind, Options};
use crate::receiver::{self, output_span};
use crate::slot;
use crate::table::Table;
use proc_macro2::{Span, TokenStream};
use quote::{format_ident, quote, quote_spanned};
use syn::ext::IdentExt;
use syn::{Attribute, Error, Ident, ImplItem, ImplItemFn, ItemImpl, Meta, Result, Token, Type};

/// The attributes that `#[pymethods]` takes off its functions.
const OURS: [&str; 6] = ["slot", "method", "classmethod", "staticmethod", "getter", "setter"];

/// Expands `#[pymethods]`. Errors stand beside the impl block, so that the rest of the crate still resolves its functions.
pub fn expand(attr: TokenStream, mut item: ItemImpl) -> TokenStream {
    let mut errors: Option<Error> = None;
    let part = part_name(attr).unwrap_or_else(|error| {
        errors = Some(error);
        Ident::new("main", Span::call_site())
    });
    let mut part = Part::new(part, (*item.self_ty).clone());
    if !item.generics.params.is_empty() || item.trait_.is_some() {
        collect(&mut errors, Error::new_spanned(&item.generics, "`#[pymethods]` stands on a plain impl block without generics"));
    }
    for member in &mut item.items {
        if let ImplItem::Fn(function) = member {
            let ours: Vec<Attribute> = function.attrs.extract_if(.., |attr| is_ours(attr)).collect();
            for attr in ours {
                if let Err(error) = part.add(&attr, function) {
                    collect(&mut errors, error);
                }
            }
        }
    }
    let part = match part.finish() {
        Ok(part) => part,
        Err(error) => {
            collect(&mut errors, error);
            quote!()
        }
    };
    let errors = errors.map(|error| error.to_compile_error());
    quote!(#item #part #errors)
}

/// Adds an error to those found before.
pub fn collect(errors: &mut Option<Error>, error: Error) {
    match errors {
        Some(errors) => errors.combine(error),
        None => *errors = Some(error),
    }
}

fn is_ours(attr: &Attribute) -> bool {
    OURS.iter().any(|name| attr.path().is_ident(name))
}

fn part_name(attr: TokenStream) -> Result<Ident> {
    if attr.is_empty() {
        return Ok(Ident::new("main", Span::call_site()));
    }
    let parser = |input: syn::parse::ParseStream<'_>| {
        let key = input.call(Ident::parse_any)?;
        if key != "part" {
            return Err(Error::new_spanned(key, "known here: `part = NAME`"));
        }
        input.parse::<Token![=]>()?;
        input.call(Ident::parse_any)
    };
    syn::parse::Parser::parse2(parser, attr)
}

/// The function that gives a part's specification.
pub fn part_function(part: &Ident) -> Ident {
    format_ident!("__part_{}", part.unraw().to_string().to_lowercase(), span = part.span())
}

/// A getter or setter found so far.
struct Property {
    name: String,
    attrs: Vec<Attribute>,
    span: Span,
    get: Option<Ident>,
    set: Option<Ident>,
    doc: String,
}

struct Part {
    name: Ident,
    self_ty: Type,
    wrappers: Vec<TokenStream>,
    slots: Table,
    methods: Table,
    properties: Vec<Property>,
}

impl Part {
    fn new(name: Ident, self_ty: Type) -> Self {
        Part { name, self_ty, wrappers: Vec::new(), slots: Table::default(), methods: Table::default(), properties: Vec::new() }
    }

    fn add(&mut self, attr: &Attribute, function: &ImplItemFn) -> Result<()> {
        if !function.sig.generics.params.iter().all(|param| matches!(param, syn::GenericParam::Lifetime(_))) {
            return Err(Error::new_spanned(&function.sig.generics, "a function that Python calls has no generic types"));
        }
        if let Some(token) = &function.sig.asyncness {
            return Err(Error::new_spanned(token, "a function that Python calls is not `async`"));
        }
        let cfgs = cfgs(&function.attrs);
        let index = self.wrappers.len();
        if attr.path().is_ident("slot") {
            for Entry { wrapper, entry } in slot::entries(attr, function, &self.self_ty, index)? {
                self.wrappers.push(quote!(#(#cfgs)* #wrapper));
                self.slots.push(&cfgs, entry);
            }
            return Ok(());
        }
        if attr.path().is_ident("getter") || attr.path().is_ident("setter") {
            return self.add_property(attr, function, &cfgs);
        }
        let kind = match () {
            () if attr.path().is_ident("classmethod") => Kind::Class,
            () if attr.path().is_ident("staticmethod") => Kind::Static,
            () => Kind::Method,
        };
        let split = match kind {
            Kind::Static => receiver::without(&function.sig)?,
            _ => receiver::split(&function.sig, Some(&self.self_ty))?,
        };
        let options = options(attr)?;
        let (self_ty, name) = (&self.self_ty, &function.sig.ident);
        let path = quote_spanned!(output_span(&function.sig)=> <#self_ty>::#name);
        let callee = Callee { attr, attrs: &function.attrs, signature: &function.sig, split, path };
        let Entry { wrapper, entry } = function::entry(kind, &options, &callee, index)?;
        self.wrappers.push(quote!(#(#cfgs)* #wrapper));
        self.methods.push(&cfgs, entry);
        Ok(())
    }

    fn add_property(&mut self, attr: &Attribute, function: &ImplItemFn, cfgs: &[Attribute]) -> Result<()> {
        let options = options(attr)?;
        if options.signature.is_some() || options.hide_signature || options.coexist {
            return Err(Error::new_spanned(attr, "known here: `name = \"…\"`"));
        }
        let is_getter = attr.path().is_ident("getter");
        let split = receiver::split(&function.sig, Some(&self.self_ty))?;
        let expected = usize::from(!is_getter);
        if split.rest.len() != expected {
            let message =
                if is_getter { "a getter takes `&self` alone" } else { "a setter takes `&self` and `Option<Borrowed<'_>>`" };
            return Err(Error::new_spanned(&function.sig.inputs, message));
        }
        let rust_name = function.sig.ident.unraw().to_string();
        let name = match &options.name {
            Some(name) => name.value(),
            None if is_getter => rust_name.clone(),
            None => rust_name.strip_prefix("set_").unwrap_or(&rust_name).to_owned(),
        };
        let receiver = split.receiver.map(|receiver| receiver.adapt);
        let (self_ty, ident) = (&self.self_ty, &function.sig.ident);
        let index = self.wrappers.len();
        let span = output_span(&function.sig);
        let borrowed = quote!(::object::Borrowed<'_>);
        let wrapper = if is_getter {
            let wrapper = format_ident!("__get_{rust_name}_{index}");
            let result = quote_spanned!(span=> ::object::IntoPy::into_py(<#self_ty>::#ident(#receiver)));
            self.wrappers.push(quote! {
                #(#cfgs)*
                extern "C-unwind" fn #wrapper(__slf: #borrowed, _: *mut ::core::ffi::c_void) -> ::object::PyResult<::object::Ref> {
                    #result
                }
            });
            wrapper
        } else {
            let wrapper = format_ident!("__set_{rust_name}_{index}");
            let result = quote_spanned!(span=> ::object::Status::from(<#self_ty>::#ident(#receiver, __value)));
            self.wrappers.push(quote! {
                #(#cfgs)*
                extern "C-unwind" fn #wrapper(
                    __slf: #borrowed, __value: ::core::option::Option<#borrowed>, _: *mut ::core::ffi::c_void,
                ) -> ::object::Status {
                    #result
                }
            });
            wrapper
        };
        let found = self.properties.iter_mut().position(|property| property.name == name);
        let position = found.unwrap_or(self.properties.len());
        if found.is_none() {
            let span = function.sig.ident.span();
            self.properties.push(Property { name, attrs: cfgs.to_vec(), span, get: None, set: None, doc: String::new() });
        }
        let Some(property) = self.properties.get_mut(position) else { return Ok(()) };
        let place = if is_getter { &mut property.get } else { &mut property.set };
        if place.replace(wrapper).is_some() {
            return Err(Error::new_spanned(&function.sig.ident, "this attribute has one already"));
        }
        if is_getter || property.doc.is_empty() {
            property.doc = doc::comment(&function.attrs);
        }
        Ok(())
    }

    fn finish(self) -> Result<TokenStream> {
        let Part { name, self_ty, wrappers, slots, methods, properties } = self;
        let mut getset = Table::default();
        for property in &properties {
            let option = |function: &Option<Ident>| match function {
                Some(function) => quote!(::core::option::Option::Some(#function)),
                None => quote!(::core::option::Option::None),
            };
            let (get, set) = (option(&property.get), option(&property.set));
            let name = doc::c_literal(&property.name, property.span)?;
            let doc = match property.doc.as_str() {
                "" => quote!(::core::option::Option::None),
                text => {
                    let text = doc::of_attribute(text, property.span)?;
                    quote!(::core::option::Option::Some(#text))
                }
            };
            getset.push(&property.attrs, quote!(::object::spec::getset(#name, #get, #set, #doc)));
        }
        let (slot_static, slots) = slots.render("__SLOTS", &quote!(::object::spec::SlotDef), None);
        let (method_static, methods) =
            methods.render("__METHODS", &quote!(::abi::PyMethodDef), Some(quote!(::object::spec::method_end())));
        let (getset_static, getset) =
            getset.render("__GETSET", &quote!(::abi::PyGetSetDef), Some(quote!(::object::spec::getset_end())));
        let function = part_function(&name);
        let allow = crate::allow();
        Ok(quote! {
            #allow
            impl #self_ty {
                #[doc(hidden)]
                pub(crate) fn #function() -> &'static ::object::spec::PartSpec {
                    #(#wrappers)*
                    #slot_static
                    #method_static
                    #getset_static
                    static __PART: ::object::spec::PartSpec = ::object::spec::PartSpec {
                        slots: #slots,
                        methods: #methods,
                        getset: #getset,
                        members: &[],
                    };
                    &__PART
                }
            }
        })
    }
}

/// The `#[cfg]` attributes among `attrs`.
pub fn cfgs(attrs: &[Attribute]) -> Vec<Attribute> {
    attrs.iter().filter(|attr| attr.path().is_ident("cfg")).cloned().collect()
}

/// What stands in an attribute's parentheses; nothing where it has none.
pub fn options(attr: &Attribute) -> Result<Options> {
    match &attr.meta {
        Meta::Path(_) => Ok(Options::default()),
        _ => attr.parse_args(),
    }
}
