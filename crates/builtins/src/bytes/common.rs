//! The methods that `bytes` and `bytearray` share, written once as a macro over the type.

/// Declares the shared methods of `$Type` as the part `COMMON`. `$content` lends the object's bytes, which keep
/// their number meanwhile (BufferError for who changes it): where an argument is converted under a loan, CPython has one too; `$make` makes a result of the object's type.
macro_rules! common_methods {
    ($Type:ident, $content:path, $make:path) => {
        use crate::bytes::kernel as shared;
        use crate::str_::SliceEnds;

        fn optional<'a>(value: Option<Borrowed<'a>>) -> Option<Borrowed<'a>> {
            value.filter(|value| !value.is(&object::core::none()))
        }

        /// The bytes of an optional separator or set of characters.
        fn optional_buffer<'a>(value: Option<Borrowed<'a>>) -> PyResult<Option<shared::Lent<'a>>> {
            optional(value).map(shared::Lent::of).transpose()
        }

        fn parts(slf: Borrowed<'_>, ranges: &[(usize, usize)]) -> PyResult<Ref> {
            let content = $content(slf);
            let mut list = object::memory::vec_with_capacity(ranges.len())?;
            for (start, end) in ranges {
                list.push($make(content.get(*start..*end).unwrap_or_default())?);
            }
            (object::hooks::get().list_new)(list)
        }

        fn separator<'a>(value: Option<Borrowed<'a>>) -> PyResult<Option<shared::Lent<'a>>> {
            let separator = optional_buffer(value)?;
            if separator.as_ref().is_some_and(shared::Lent::is_empty) {
                return Err(raise!(ValueError, "empty separator"));
            }
            Ok(separator)
        }

        fn part(slf: Borrowed<'_>, range: (usize, usize)) -> PyResult<Ref> {
            $make($content(slf).get(range.0..range.1).unwrap_or_default())
        }

        fn partition(slf: Borrowed<'_>, sep: Borrowed<'_>, last: bool) -> PyResult<Ref> {
            let separator = shared::Lent::of(sep)?;
            if separator.is_empty() {
                return Err(raise!(ValueError, "empty separator"));
            }
            let content = $content(slf);
            let bytes = separator.bytes();
            match shared::find(&content, bytes, Some((0, content.len())), last) {
                Some(at) => object::value::tuple::from_array([
                    part(slf, (0, at))?,
                    $make(bytes)?,
                    part(slf, (at + bytes.len(), content.len()))?,
                ]),
                None if last => object::value::tuple::from_array([$make(&[])?, $make(&[])?, part(slf, (0, content.len()))?]),
                None => object::value::tuple::from_array([part(slf, (0, content.len()))?, $make(&[])?, $make(&[])?]),
            }
        }

        fn place(
            slf: Borrowed<'_>,
            sub: Borrowed<'_>,
            start: Option<Borrowed<'_>>,
            end: Option<Borrowed<'_>>,
            last: bool,
        ) -> PyResult<Option<usize>> {
            let ends = SliceEnds::of(start, end)?;
            let content = $content(slf);
            let needle = shared::Needle::of(sub)?;
            Ok(shared::find(&content, needle.bytes(), ends.within(content.len()), last))
        }

        #[macros::pymethods(part = COMMON)]
        impl $Type {
            /// Return a copy with only its first character capitalized (ASCII) and the rest lower-cased.
            #[method("($self, /)")]
            fn capitalize(slf: Borrowed<'_>) -> PyResult<Ref> {
                $make(&shared::capitalize(&$content(slf)))
            }

            /// Return a copy with all ASCII characters converted to lowercase.
            #[method("($self, /)")]
            fn lower(slf: Borrowed<'_>) -> PyResult<Ref> {
                $make(&$content(slf).to_ascii_lowercase())
            }

            /// Return a copy with all ASCII characters converted to uppercase.
            #[method("($self, /)")]
            fn upper(slf: Borrowed<'_>) -> PyResult<Ref> {
                $make(&$content(slf).to_ascii_uppercase())
            }

            /// Return a titlecased version: ASCII words start with uppercase characters, all remaining cased characters have lowercase.
            #[method("($self, /)")]
            fn title(slf: Borrowed<'_>) -> PyResult<Ref> {
                $make(&shared::title(&$content(slf)))
            }

            /// Return a copy with uppercase ASCII characters converted to lowercase ASCII and vice versa.
            #[method("($self, /)")]
            fn swapcase(slf: Borrowed<'_>) -> PyResult<Ref> {
                $make(&shared::swap_case(&$content(slf)))
            }

            /// Return True if all characters are ASCII alphanumeric and there is at least one character, False otherwise.
            #[method("($self, /)")]
            fn isalnum(slf: Borrowed<'_>) -> bool {
                let content = $content(slf);
                !content.is_empty() && content.iter().all(u8::is_ascii_alphanumeric)
            }

            /// Return True if all characters are ASCII alphabetic and there is at least one character, False otherwise.
            #[method("($self, /)")]
            fn isalpha(slf: Borrowed<'_>) -> bool {
                let content = $content(slf);
                !content.is_empty() && content.iter().all(u8::is_ascii_alphabetic)
            }

            /// Return True if all characters are empty or all ASCII, False otherwise.
            #[method("($self, /)")]
            fn isascii(slf: Borrowed<'_>) -> bool {
                $content(slf).is_ascii()
            }

            /// Return True if all characters are ASCII digits and there is at least one character, False otherwise.
            #[method("($self, /)")]
            fn isdigit(slf: Borrowed<'_>) -> bool {
                let content = $content(slf);
                !content.is_empty() && content.iter().all(u8::is_ascii_digit)
            }

            /// Return True if all ASCII characters are lowercase and there is at least one cased character, False otherwise.
            #[method("($self, /)")]
            fn islower(slf: Borrowed<'_>) -> bool {
                shared::all_case(&$content(slf), true)
            }

            /// Return True if all ASCII characters are uppercase and there is at least one cased character, False otherwise.
            #[method("($self, /)")]
            fn isupper(slf: Borrowed<'_>) -> bool {
                shared::all_case(&$content(slf), false)
            }

            /// Return True if all characters are ASCII whitespace and there is at least one character, False otherwise.
            #[method("($self, /)")]
            fn isspace(slf: Borrowed<'_>) -> bool {
                let content = $content(slf);
                !content.is_empty() && content.iter().copied().all(shared::is_space)
            }

            /// Return True if it is a titlecased string and there is at least one character, False otherwise.
            #[method("($self, /)")]
            fn istitle(slf: Borrowed<'_>) -> bool {
                shared::is_title(&$content(slf))
            }

            /// Return the lowest index in B where subsection sub is found, such that sub is contained within B[start,end].
            ///
            ///   start
            ///     Optional start position. Default: start of the bytes.
            ///   end
            ///     Optional stop position. Default: end of the bytes.
            ///
            /// Return -1 on failure.
            #[method("($self, sub, start=None, end=None, /)")]
            fn find(
                slf: Borrowed<'_>,
                sub: Borrowed<'_>,
                start: Option<Borrowed<'_>>,
                end: Option<Borrowed<'_>>,
            ) -> PyResult<isize> {
                Ok(place(slf, sub, start, end, false)?.map_or(-1, usize::cast_signed))
            }

            /// Return the highest index in B where subsection sub is found, such that sub is contained within B[start,end].
            ///
            ///   start
            ///     Optional start position. Default: start of the bytes.
            ///   end
            ///     Optional stop position. Default: end of the bytes.
            ///
            /// Return -1 on failure.
            #[method("($self, sub, start=None, end=None, /)")]
            fn rfind(
                slf: Borrowed<'_>,
                sub: Borrowed<'_>,
                start: Option<Borrowed<'_>>,
                end: Option<Borrowed<'_>>,
            ) -> PyResult<isize> {
                Ok(place(slf, sub, start, end, true)?.map_or(-1, usize::cast_signed))
            }

            /// Return the lowest index in B where subsection sub is found, such that sub is contained within B[start,end].
            ///
            ///   start
            ///     Optional start position. Default: start of the bytes.
            ///   end
            ///     Optional stop position. Default: end of the bytes.
            ///
            /// Raise ValueError if the subsection is not found.
            #[method("($self, sub, start=None, end=None, /)")]
            fn index(
                slf: Borrowed<'_>,
                sub: Borrowed<'_>,
                start: Option<Borrowed<'_>>,
                end: Option<Borrowed<'_>>,
            ) -> PyResult<usize> {
                place(slf, sub, start, end, false)?.ok_or_else(|| raise!(ValueError, "subsection not found"))
            }

            /// Return the highest index in B where subsection sub is found, such that sub is contained within B[start,end].
            ///
            ///   start
            ///     Optional start position. Default: start of the bytes.
            ///   end
            ///     Optional stop position. Default: end of the bytes.
            ///
            /// Raise ValueError if the subsection is not found.
            #[method("($self, sub, start=None, end=None, /)")]
            fn rindex(
                slf: Borrowed<'_>,
                sub: Borrowed<'_>,
                start: Option<Borrowed<'_>>,
                end: Option<Borrowed<'_>>,
            ) -> PyResult<usize> {
                place(slf, sub, start, end, true)?.ok_or_else(|| raise!(ValueError, "subsection not found"))
            }

            /// Return the number of non-overlapping occurrences of subsection sub in B[start:end].
            ///
            ///   start
            ///     Optional start position. Default: start of the bytes.
            ///   end
            ///     Optional stop position. Default: end of the bytes.
            #[method("($self, sub, start=None, end=None, /)")]
            fn count(
                slf: Borrowed<'_>,
                sub: Borrowed<'_>,
                start: Option<Borrowed<'_>>,
                end: Option<Borrowed<'_>>,
            ) -> PyResult<usize> {
                let ends = SliceEnds::of(start, end)?;
                let content = $content(slf);
                let needle = shared::Needle::of(sub)?;
                Ok(shared::count(&content, needle.bytes(), ends.within(content.len())))
            }

            /// Return True if the bytes starts with the specified prefix, False otherwise.
            ///
            ///   prefix
            ///     A bytes or a tuple of bytes to try.
            ///   start
            ///     Optional start position. Default: start of the bytes.
            ///   end
            ///     Optional stop position. Default: end of the bytes.
            #[method("($self, prefix, start=None, end=None, /)")]
            fn startswith(
                slf: Borrowed<'_>,
                prefix: Borrowed<'_>,
                start: Option<Borrowed<'_>>,
                end: Option<Borrowed<'_>>,
            ) -> PyResult<bool> {
                let ends = SliceEnds::of(start, end)?;
                shared::affix_test(&$content(slf), prefix, &ends, false)
            }

            /// Return True if the bytes ends with the specified suffix, False otherwise.
            ///
            ///   suffix
            ///     A bytes or a tuple of bytes to try.
            ///   start
            ///     Optional start position. Default: start of the bytes.
            ///   end
            ///     Optional stop position. Default: end of the bytes.
            #[method("($self, suffix, start=None, end=None, /)")]
            fn endswith(
                slf: Borrowed<'_>,
                suffix: Borrowed<'_>,
                start: Option<Borrowed<'_>>,
                end: Option<Borrowed<'_>>,
            ) -> PyResult<bool> {
                let ends = SliceEnds::of(start, end)?;
                shared::affix_test(&$content(slf), suffix, &ends, true)
            }

            /// Return a copy with all occurrences of substring old replaced by new.
            ///
            ///   count
            ///     Maximum number of occurrences to replace.
            ///     -1 (the default value) means replace all occurrences.
            ///
            /// If the optional argument count is given, only the first count occurrences are
            /// replaced.
            #[method("($self, old, new, count=-1, /)")]
            fn replace(slf: Borrowed<'_>, old: Borrowed<'_>, new: Borrowed<'_>, count: isize) -> PyResult<Ref> {
                let (old, new) = (shared::Lent::of(old)?, shared::Lent::of(new)?);
                let limit = usize::try_from(count).unwrap_or(usize::MAX);
                $make(&shared::replace(&$content(slf), old.bytes(), new.bytes(), limit)?)
            }

            /// Return a bytes object with the given prefix string removed if present.
            ///
            /// If the bytes starts with the prefix string, return bytes[len(prefix):].
            /// Otherwise, return a copy of the original bytes.
            #[method("($self, prefix, /)")]
            fn removeprefix(slf: Borrowed<'_>, prefix: Borrowed<'_>) -> PyResult<Ref> {
                let prefix = shared::Lent::of(prefix)?;
                let content = $content(slf);
                $make(content.strip_prefix(prefix.bytes()).unwrap_or(&content))
            }

            /// Return a bytes object with the given suffix string removed if present.
            ///
            /// If the bytes ends with the suffix string and that suffix is not empty,
            /// return bytes[:-len(suffix)].  Otherwise, return a copy of the original
            /// bytes.
            #[method("($self, suffix, /)")]
            fn removesuffix(slf: Borrowed<'_>, suffix: Borrowed<'_>) -> PyResult<Ref> {
                let suffix = shared::Lent::of(suffix)?;
                let content = $content(slf);
                $make(content.strip_suffix(suffix.bytes()).unwrap_or(&content))
            }

            /// Return a list of the sections in the bytes, using sep as the delimiter.
            ///
            ///   sep
            ///     The delimiter according which to split the bytes.
            ///     None (the default value) means split on ASCII whitespace characters
            ///     (space, tab, return, newline, formfeed, vertical tab).
            ///   maxsplit
            ///     Maximum number of splits to do.
            ///     -1 (the default value) means no limit.
            #[method("($self, /, sep=None, maxsplit=-1)")]
            fn split(slf: Borrowed<'_>, sep: Option<Borrowed<'_>>, maxsplit: isize) -> PyResult<Ref> {
                let content = $content(slf);
                let separator = separator(sep)?;
                let limit = usize::try_from(maxsplit).unwrap_or(usize::MAX);
                let ranges = shared::split(&content, separator.as_ref().map(shared::Lent::bytes), limit);
                parts(slf, &ranges)
            }

            /// Return a list of the sections in the bytes, using sep as the delimiter.
            ///
            ///   sep
            ///     The delimiter according which to split the bytes.
            ///     None (the default value) means split on ASCII whitespace characters
            ///     (space, tab, return, newline, formfeed, vertical tab).
            ///   maxsplit
            ///     Maximum number of splits to do.
            ///     -1 (the default value) means no limit.
            ///
            /// Splitting is done starting at the end of the bytes and working to the front.
            #[method("($self, /, sep=None, maxsplit=-1)")]
            fn rsplit(slf: Borrowed<'_>, sep: Option<Borrowed<'_>>, maxsplit: isize) -> PyResult<Ref> {
                let content = $content(slf);
                let separator = separator(sep)?;
                let limit = usize::try_from(maxsplit).unwrap_or(usize::MAX);
                let ranges = shared::rsplit(&content, separator.as_ref().map(shared::Lent::bytes), limit);
                parts(slf, &ranges)
            }

            /// Return a list of the lines in the bytes, breaking at line boundaries.
            ///
            /// Line breaks are not included in the resulting list unless keepends is given and
            /// true.
            #[method("($self, /, keepends=False)")]
            fn splitlines(slf: Borrowed<'_>, keepends: bool) -> PyResult<Ref> {
                let ranges = shared::split_lines(&$content(slf), keepends);
                parts(slf, &ranges)
            }

            /// Partition the bytes into three parts using the given separator.
            ///
            /// This will search for the separator sep in the bytes. If the separator is found,
            /// returns a 3-tuple containing the part before the separator, the separator
            /// itself, and the part after it.
            ///
            /// If the separator is not found, returns a 3-tuple containing the original bytes
            /// object and two empty bytes objects.
            #[method("($self, sep, /)")]
            fn partition(slf: Borrowed<'_>, sep: Borrowed<'_>) -> PyResult<Ref> {
                partition(slf, sep, false)
            }

            /// Partition the bytes into three parts using the given separator.
            ///
            /// This will search for the separator sep in the bytes, starting at the end. If
            /// the separator is found, returns a 3-tuple containing the part before the
            /// separator, the separator itself, and the part after it.
            ///
            /// If the separator is not found, returns a 3-tuple containing two empty bytes
            /// objects and the original bytes object.
            #[method("($self, sep, /)")]
            fn rpartition(slf: Borrowed<'_>, sep: Borrowed<'_>) -> PyResult<Ref> {
                partition(slf, sep, true)
            }

            /// Strip leading and trailing bytes contained in the argument.
            ///
            /// If the argument is omitted or None, strip leading and trailing ASCII whitespace.
            #[method("($self, bytes=None, /)")]
            fn strip(slf: Borrowed<'_>, bytes: Option<Borrowed<'_>>) -> PyResult<Ref> {
                let chars = optional_buffer(bytes)?;
                let range = shared::strip(&$content(slf), chars.as_ref().map(shared::Lent::bytes), true, true);
                part(slf, range)
            }

            /// Strip leading bytes contained in the argument.
            ///
            /// If the argument is omitted or None, strip leading  ASCII whitespace.
            #[method("($self, bytes=None, /)")]
            fn lstrip(slf: Borrowed<'_>, bytes: Option<Borrowed<'_>>) -> PyResult<Ref> {
                let chars = optional_buffer(bytes)?;
                let range = shared::strip(&$content(slf), chars.as_ref().map(shared::Lent::bytes), true, false);
                part(slf, range)
            }

            /// Strip trailing bytes contained in the argument.
            ///
            /// If the argument is omitted or None, strip trailing ASCII whitespace.
            #[method("($self, bytes=None, /)")]
            fn rstrip(slf: Borrowed<'_>, bytes: Option<Borrowed<'_>>) -> PyResult<Ref> {
                let chars = optional_buffer(bytes)?;
                let range = shared::strip(&$content(slf), chars.as_ref().map(shared::Lent::bytes), false, true);
                part(slf, range)
            }

            /// Return a centered string of length width.
            ///
            /// Padding is done using the specified fill character.
            #[method("($self, width, fillchar=b' ', /)")]
            fn center(slf: Borrowed<'_>, width: isize, fillchar: Option<Borrowed<'_>>) -> PyResult<Ref> {
                let fill = shared::fill_byte("center", fillchar)?;
                let content = $content(slf);
                let missing = usize::try_from(width).unwrap_or(0).saturating_sub(content.len());
                let left = missing / 2 + (missing & width.cast_unsigned() & 1);
                $make(&shared::pad(&content, left, missing - left, fill)?)
            }

            /// Return a left-justified string of length width.
            ///
            /// Padding is done using the specified fill character.
            #[method("($self, width, fillchar=b' ', /)")]
            fn ljust(slf: Borrowed<'_>, width: isize, fillchar: Option<Borrowed<'_>>) -> PyResult<Ref> {
                let fill = shared::fill_byte("ljust", fillchar)?;
                let content = $content(slf);
                let missing = usize::try_from(width).unwrap_or(0).saturating_sub(content.len());
                $make(&shared::pad(&content, 0, missing, fill)?)
            }

            /// Return a right-justified string of length width.
            ///
            /// Padding is done using the specified fill character.
            #[method("($self, width, fillchar=b' ', /)")]
            fn rjust(slf: Borrowed<'_>, width: isize, fillchar: Option<Borrowed<'_>>) -> PyResult<Ref> {
                let fill = shared::fill_byte("rjust", fillchar)?;
                let content = $content(slf);
                let missing = usize::try_from(width).unwrap_or(0).saturating_sub(content.len());
                $make(&shared::pad(&content, missing, 0, fill)?)
            }

            /// Pad a numeric string with zeros on the left, to fill a field of the given width.
            ///
            /// The original string is never truncated.
            #[method("($self, width, /)")]
            fn zfill(slf: Borrowed<'_>, width: isize) -> PyResult<Ref> {
                $make(&shared::zero_fill(&$content(slf), usize::try_from(width).unwrap_or(0))?)
            }

            /// Return a copy where all tab characters are expanded using spaces.
            ///
            /// If tabsize is not given, a tab size of 8 characters is assumed.
            #[method("($self, /, tabsize=8)")]
            fn expandtabs(slf: Borrowed<'_>, tabsize: i32) -> PyResult<Ref> {
                $make(&shared::expand_tabs(&$content(slf), usize::try_from(tabsize).unwrap_or(0))?)
            }

            /// Return a copy with each character mapped by the given translation table.
            ///
            ///   table
            ///     Translation table, which must be a bytes object of length 256.
            ///
            /// All characters occurring in the optional argument delete are removed.
            /// The remaining characters are mapped through the given translation table.
            #[method("($self, table, /, delete=b'')")]
            fn translate(slf: Borrowed<'_>, table: Borrowed<'_>, delete: Option<Borrowed<'_>>) -> PyResult<Ref> {
                let table = optional_buffer(Some(table))?;
                if table.as_ref().is_some_and(|table| table.len() != 256) {
                    return Err(raise!(ValueError, "translation table must be 256 characters long"));
                }
                let delete = delete.map(shared::Lent::of).transpose()?;
                let unwanted = delete.as_ref().map_or(&[][..], shared::Lent::bytes);
                $make(&shared::translate(&$content(slf), table.as_ref().map(shared::Lent::bytes), unwanted))
            }

            /// Return a translation table usable for the bytes or bytearray translate method.
            ///
            /// The returned table will be one where each byte in frm is mapped to the byte at
            /// the same position in to.
            ///
            /// The bytes objects frm and to must be of the same length.
            #[staticmethod("(frm, to, /)")]
            fn maketrans(frm: Borrowed<'_>, to: Borrowed<'_>) -> PyResult<Ref> {
                shared::make_trans(frm, to)
            }

            /// Concatenate any number of bytes objects.
            ///
            /// The bytes whose method is called is inserted in between each pair.
            ///
            /// The result is returned as a new bytes object.
            ///
            /// Example: b'.'.join([b'ab', b'pq', b'rs']) -> b'ab.pq.rs'.
            #[method("($self, iterable_of_bytes, /)")]
            fn join(slf: Borrowed<'_>, iterable_of_bytes: Borrowed<'_>) -> PyResult<Ref> {
                $make(&shared::join(&$content(slf), iterable_of_bytes)?)
            }

            /// Decode the bytes using the codec registered for encoding.
            ///
            ///   encoding
            ///     The encoding with which to decode the bytes.
            ///   errors
            ///     The error handling scheme to use for the handling of decoding errors.
            ///     The default is 'strict' meaning that decoding errors raise a
            ///     UnicodeDecodeError. Other possible values are 'ignore' and 'replace'
            ///     as well as any other name registered with codecs.register_error that
            ///     can handle UnicodeDecodeErrors.
            #[method("($self, /, encoding='utf-8', errors='strict')")]
            fn decode(
                slf: Borrowed<'_>,
                encoding: Option<object::convert::Str<'_>>,
                errors: Option<object::convert::Str<'_>>,
            ) -> PyResult<Ref> {
                crate::codecs::decode(slf, encoding.map(|encoding| encoding.0), errors.map(|errors| errors.0))
            }

            /// Create a string of hexadecimal numbers from a bytes object.
            ///
            ///   sep
            ///     An optional single character or byte to separate hex bytes.
            ///   bytes_per_sep
            ///     How many bytes between separators.  Positive values count from the
            ///     right, negative values count from the left.
            ///
            /// Example:
            /// >>> value = b'\xb9\x01\xef'
            /// >>> value.hex()
            /// 'b901ef'
            /// >>> value.hex(':')
            /// 'b9:01:ef'
            /// >>> value.hex(':', 2)
            /// 'b9:01ef'
            /// >>> value.hex(':', -2)
            /// 'b901:ef'
            #[method("($self, /, sep=<unrepresentable>, bytes_per_sep=1)")]
            fn hex(slf: Borrowed<'_>, sep: Option<Borrowed<'_>>, bytes_per_sep: isize) -> PyResult<Ref> {
                shared::hex(&$content(slf), sep, bytes_per_sep)
            }

            /// Create a bytes object from a string of hexadecimal numbers.
            ///
            /// Spaces between two numbers are accepted.
            /// Example: bytes.fromhex('B9 01EF') -> b'\\xb9\\x01\\xef'.
            #[classmethod("($type, string, /)")]
            fn fromhex(cls: Borrowed<'_, object::TypeObject>, string: Borrowed<'_>) -> PyResult<Ref> {
                let digits = if object::value::str::check(string) {
                    crate::str_::units(string).codes().map(|code| u8::try_from(code).unwrap_or(0xFF)).collect()
                } else if string.has_buffer() {
                    shared::Lent::of(string)?.bytes().to_vec()
                } else {
                    let name = string.class().short_name();
                    return Err(raise!(TypeError, "fromhex() argument must be str or bytes-like, not {name}"));
                };
                match shared::from_hex(&digits) {
                    Ok(content) => {
                        let value = $make(&content)?;
                        if value.class().is_type(&cls) { Ok(value) } else { cls.call1(value.b()) }
                    }
                    Err(shared::HexError::At(at)) => {
                        Err(raise!(ValueError, "non-hexadecimal number found in fromhex() arg at position {at}"))
                    }
                    Err(shared::HexError::Odd) => {
                        Err(raise!(ValueError, "fromhex() arg must contain an even number of hexadecimal digits"))
                    }
                }
            }

            #[slot(sq_contains)]
            fn contains(slf: Borrowed<'_>, value: Borrowed<'_>) -> PyResult<bool> {
                shared::contains(&$content(slf), value)
            }

            #[slot(nb_remainder)]
            fn remainder(slf: Borrowed<'_>, args: Borrowed<'_>) -> PyResult<Ref> {
                if slf.downcast::<$Type>().is_none() {
                    return Ok(object::core::not_implemented().to_ref());
                }
                let content = $content(slf);
                let format = object::value::bytes::new(&content)?;
                let result = crate::str_::format_bytes(format.b(), args)?;
                $make(object::value::bytes::value(result.b()).unwrap_or_default())
            }
        }
    };
}
pub(crate) use common_methods;
