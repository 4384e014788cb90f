//! `_locale`.

use crate::support::{OrRaise, add_constants, decode, encode, exception_class};
use host::locale as system;
use macros::pymodule;
use object::args::ArgInfo;
use object::convert::Str;
use object::value::{int, str as text};
use object::{Borrowed, FromArg, OptRef, PyResult, Raised, Ref, exc, hooks, raise, thread};
use std::ffi::CString;

const CONSTANTS: &[(&str, i64)] = &[
    ("ABDAY_1", 131072),
    ("ABDAY_2", 131073),
    ("ABDAY_3", 131074),
    ("ABDAY_4", 131075),
    ("ABDAY_5", 131076),
    ("ABDAY_6", 131077),
    ("ABDAY_7", 131078),
    ("ABMON_1", 131086),
    ("ABMON_10", 131095),
    ("ABMON_11", 131096),
    ("ABMON_12", 131097),
    ("ABMON_2", 131087),
    ("ABMON_3", 131088),
    ("ABMON_4", 131089),
    ("ABMON_5", 131090),
    ("ABMON_6", 131091),
    ("ABMON_7", 131092),
    ("ABMON_8", 131093),
    ("ABMON_9", 131094),
    ("ALT_DIGITS", 131119),
    ("AM_STR", 131110),
    ("CHAR_MAX", 127),
    ("CODESET", 14),
    ("CRNCYSTR", 262159),
    ("DAY_1", 131079),
    ("DAY_2", 131080),
    ("DAY_3", 131081),
    ("DAY_4", 131082),
    ("DAY_5", 131083),
    ("DAY_6", 131084),
    ("DAY_7", 131085),
    ("D_FMT", 131113),
    ("D_T_FMT", 131112),
    ("ERA", 131116),
    ("ERA_D_FMT", 131118),
    ("ERA_D_T_FMT", 131120),
    ("ERA_T_FMT", 131121),
    ("LC_ALL", 6),
    ("LC_COLLATE", 3),
    ("LC_CTYPE", 0),
    ("LC_MESSAGES", 5),
    ("LC_MONETARY", 4),
    ("LC_NUMERIC", 1),
    ("LC_TIME", 2),
    ("MON_1", 131098),
    ("MON_10", 131107),
    ("MON_11", 131108),
    ("MON_12", 131109),
    ("MON_2", 131099),
    ("MON_3", 131100),
    ("MON_4", 131101),
    ("MON_5", 131102),
    ("MON_6", 131103),
    ("MON_7", 131104),
    ("MON_8", 131105),
    ("MON_9", 131106),
    ("NOEXPR", 327681),
    ("PM_STR", 131111),
    ("RADIXCHAR", 65536),
    ("THOUSEP", 65537),
    ("T_FMT", 131114),
    ("T_FMT_AMPM", 131115),
    ("YESEXPR", 327680),
    ("_DATE_FMT", 131180),
];

/// `locale.Error`
#[derive(Default)]
struct ErrorClass(OptRef);

fn error(message: &str) -> Raised {
    let class = thread::current().interpreter().extensions.get::<ErrorClass>().0.get();
    let made = class.map(|class| class.call1(text::new(message)?.b()));
    match made {
        Some(Ok(error)) => object::error::restore(error),
        Some(Err(raised)) => raised,
        None => raise!(ValueError, "{message}"),
    }
}

fn c_text(value: Borrowed<'_>) -> PyResult<CString> {
    CString::new(encode(value)?).map_err(|_| raise!(ValueError, "embedded null character"))
}

/// A str, or None.
struct OptText(Option<CString>);

impl<'a> FromArg<'a> for OptText {
    fn from_arg(value: Borrowed<'a>, info: &'static ArgInfo) -> PyResult<Self> {
        if value.is(&object::core::none()) {
            return Ok(OptText(None));
        }
        if !text::check(value) {
            return Err(info.wrong_type("str or None", value));
        }
        c_text(value).map(|text| OptText(Some(text)))
    }
}

/// Wide characters of a str, without the NUL that ends them.
fn wide(value: Str<'_>) -> PyResult<Vec<u32>> {
    let data = value.data();
    if data.iter().any(|code| code == 0) {
        return Err(raise!(ValueError, "embedded null character"));
    }
    let mut codes = object::memory::vec_with_capacity(data.len())?;
    codes.extend(data.iter());
    Ok(codes)
}

/// A path: str, bytes, or what has `__fspath__`.
fn path(value: Borrowed<'_>) -> PyResult<CString> {
    CString::new(crate::posix::system_bytes(value)?).map_err(|_| raise!(ValueError, "embedded null byte"))
}

fn numbers(values: &[u8]) -> PyResult<Ref> {
    (hooks::get().list_new)(values.iter().map(|value| int::new(i64::from(*value))).collect::<PyResult<Vec<Ref>>>()?)
}

/// The sizes of groups, with the 0 that ends them where there are any.
fn grouping(sizes: &[u8]) -> PyResult<Ref> {
    let mut all = sizes.to_vec();
    if !all.is_empty() && all.last() != Some(&127) {
        all.push(0);
    }
    numbers(&all)
}

/// Support for POSIX locales.
#[pymodule(name = "_locale")]
pub mod module {
    use super::*;

    /// Activates/queries locale processing.
    #[pyfunction("($module, category, locale=None, /)")]
    fn setlocale(_module: Borrowed<'_>, category: i32, locale: Option<Borrowed<'_>>) -> PyResult<Ref> {
        let locale = locale.filter(|locale| !locale.is(&object::core::none()));
        if let Some(locale) = locale
            && !text::check(locale)
        {
            return Err(raise!(TypeError, "setlocale() argument 2 must be str or None, not {}", locale.class().tp_name()));
        }
        let wanted = locale.map(c_text).transpose()?;
        match system::set(category, wanted.as_deref()) {
            Some(name) => decode(&name),
            None if wanted.is_some() => Err(error("unsupported locale setting")),
            None => Err(error("locale query failed")),
        }
    }

    /// Returns numeric and monetary locale-specific parameters.
    #[pyfunction("()")]
    fn localeconv() -> PyResult<Ref> {
        let dict = (hooks::get().dict_new)()?;
        let conventions = system::conventions();
        let set = |name: &str, value: Ref| dict.setitem(text::new(name)?.b(), value.b());
        for (name, value) in
            ["int_curr_symbol", "currency_symbol", "mon_decimal_point", "mon_thousands_sep"].into_iter().zip(&conventions.money)
        {
            set(name, decode(value)?)?;
        }
        set("mon_grouping", grouping(&conventions.money_grouping)?)?;
        for (name, value) in ["positive_sign", "negative_sign"].into_iter().zip(&conventions.signs) {
            set(name, decode(value)?)?;
        }
        let names = [
            "int_frac_digits",
            "frac_digits",
            "p_cs_precedes",
            "p_sep_by_space",
            "n_cs_precedes",
            "n_sep_by_space",
            "p_sign_posn",
            "n_sign_posn",
        ];
        for (name, value) in names.into_iter().zip(conventions.places) {
            set(name, int::new(i64::from(value))?)?;
        }
        set("decimal_point", decode(&conventions.point)?)?;
        set("thousands_sep", decode(&conventions.separator)?)?;
        set("grouping", grouping(&conventions.grouping)?)?;
        Ok(dict)
    }

    /// Compares two strings according to the locale.
    #[pyfunction("($module, os1, os2, /)")]
    fn strcoll(_module: Borrowed<'_>, os1: Str<'_>, os2: Str<'_>) -> PyResult<i32> {
        Ok(system::collate(wide(os1)?, wide(os2)?))
    }

    /// Return a string that can be used as a key for locale-aware comparisons.
    #[pyfunction("($module, string, /)")]
    fn strxfrm(_module: Borrowed<'_>, string: Str<'_>) -> PyResult<Ref> {
        let key = system::sort_key(wide(string)?).or_raise()?;
        let key: Vec<u32> = key.into_iter().flat_map(in_range).collect();
        text::from_ucs4(&key)
    }

    /// What is no code point as several that sort alike.
    fn in_range(code: u32) -> impl Iterator<Item = u32> {
        let large = code > 0x10_FFFF;
        let parts = if large { [0x10_0000 | code >> 16, code & 0xFFFF] } else { [code, 0] };
        parts.into_iter().take(if large { 2 } else { 1 })
    }

    /// Return the value for the locale information associated with key.
    #[pyfunction("($module, key, /)")]
    fn nl_langinfo(_module: Borrowed<'_>, key: i32) -> PyResult<Ref> {
        let known = CONSTANTS
            .iter()
            .any(|(name, number)| *number == i64::from(key) && !name.starts_with("LC_") && !matches!(*name, "CHAR_MAX"));
        if !known {
            return Err(raise!(ValueError, "unsupported langinfo constant"));
        }
        decode(&system::information(key))
    }

    /// gettext(msg) -> string
    ///
    /// Return translation of msg.
    #[pyfunction("($module, msg, /)")]
    fn gettext(_module: Borrowed<'_>, msg: Str<'_>) -> PyResult<Ref> {
        decode(&system::message(None, &c_text(msg.0)?, None))
    }

    /// dgettext(domain, msg) -> string
    ///
    /// Return translation of msg in domain.
    #[pyfunction("($module, domain, msg, /)")]
    fn dgettext(_module: Borrowed<'_>, domain: OptText, msg: Str<'_>) -> PyResult<Ref> {
        let domain = domain.0;
        decode(&system::message(domain.as_deref(), &c_text(msg.0)?, None))
    }

    /// Return translation of msg in domain and category.
    #[pyfunction("($module, domain, msg, category, /)")]
    fn dcgettext(_module: Borrowed<'_>, domain: OptText, msg: Str<'_>, category: i32) -> PyResult<Ref> {
        let domain = domain.0;
        decode(&system::message(domain.as_deref(), &c_text(msg.0)?, Some(category)))
    }

    /// Set the C library's textdmain to domain, returning the new domain.
    #[pyfunction("($module, domain, /)")]
    fn textdomain(_module: Borrowed<'_>, domain: OptText) -> PyResult<Ref> {
        let domain = domain.0;
        decode(&system::text_domain(domain.as_deref()).or_raise()?)
    }

    /// Bind the C library's domain to dir.
    #[pyfunction("($module, domain, dir, /)")]
    fn bindtextdomain(_module: Borrowed<'_>, domain: Str<'_>, dir: Borrowed<'_>) -> PyResult<Ref> {
        let domain = c_text(domain.0)?;
        if domain.is_empty() {
            return Err(error("domain must be a non-empty string"));
        }
        let dir = if dir.is(&object::core::none()) { None } else { Some(path(dir)?) };
        decode(&system::bind_text_domain(&domain, dir.as_deref()).or_raise()?)
    }

    /// Bind the C library's domain to codeset.
    #[pyfunction("($module, domain, codeset, /)")]
    fn bind_textdomain_codeset(_module: Borrowed<'_>, domain: Str<'_>, codeset: OptText) -> PyResult<Option<Ref>> {
        let codeset = codeset.0;
        let found = system::bind_codeset(&c_text(domain.0)?, codeset.as_deref());
        found.map(|name| decode(&name)).transpose()
    }

    /// Get the current locale encoding.
    #[pyfunction("()")]
    fn getencoding() -> PyResult<Ref> {
        let name = system::information(libc::CODESET);
        if name.is_empty() { text::new("UTF-8") } else { decode(&name) }
    }

    #[pyexec]
    fn exec(module: Borrowed<'_>) -> PyResult<()> {
        let class = exception_class("locale", "Error", &exc::Exception)?;
        module.setattr(object::id!("Error"), class.b())?;
        thread::current().interpreter().extensions.get::<ErrorClass>().0.set(Some(class));
        add_constants(module, CONSTANTS)
    }
}
