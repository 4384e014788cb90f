//! `mappingproxy`.
