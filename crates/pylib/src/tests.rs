//! What the embedded library must hold, and that look-ups agree with the index.

use super::{DirEntry, code, files, find, image, is_dir, list_dir, program};

fn text(path: &str) -> &'static str {
    std::str::from_utf8(find(path).unwrap_or_else(|| panic!("{path} is missing"))).expect("UTF-8")
}

#[test]
fn every_file_is_found_under_its_path_and_the_index_is_sorted() {
    let paths: Vec<_> = files().map(|(path, _)| path).collect();
    assert!(paths.is_sorted());
    assert!(paths.len() > 600);
    for (path, data) in files() {
        assert_eq!(find(path).map(<[u8]>::as_ptr), Some(data.as_ptr()), "{path}");
    }
    assert_eq!(find("os"), None);
    assert_eq!(find("json"), None);
    assert_eq!(find(""), None);
    assert_eq!(code("no/such.py"), None);
}

#[test]
fn folders_are_told_from_files_and_from_names_that_share_a_prefix() {
    assert!(is_dir("") && is_dir("json") && is_dir("ensurepip/_bundled"));
    assert!(!is_dir("os.py") && !is_dir("jso") && !is_dir("json/") && !is_dir("encodings/utf_8"));
    let json: Vec<_> = list_dir("json").map(|entry| entry.name).collect();
    assert_eq!(json, ["__init__.py", "__main__.py", "decoder.py", "encoder.py", "scanner.py", "tool.py"]);
    assert!(list_dir("").any(|entry| entry == DirEntry { name: "email", is_dir: true }));
    assert!(list_dir("email").any(|entry| entry == DirEntry { name: "mime", is_dir: true }));
    assert_eq!(list_dir("").filter(|entry| entry.name == "email").count(), 1);
    assert_eq!(list_dir("os.py").count(), 0);
}

#[test]
fn nothing_of_another_implementation_is_left() {
    for (path, data) in files().filter(|(path, _)| path.ends_with(".py")) {
        let lower = String::from_utf8_lossy(data).to_ascii_lowercase();
        assert!(!lower.contains("rustpython"), "{path} was adapted to RustPython");
    }
}

#[test]
fn patches_and_overlay_are_in() {
    assert!(text("tempfile.py").contains("_rmtree_use_dir_fd"));
    assert!(text("site.py").contains("f'{userbase}/lib/python{version[0]}"));
    assert!(text("cProfile.py").contains("_lsprof"));
    assert!(text("curses/__init__.py").contains("initscr"));
    assert!(text("LICENSE.txt").contains("PYTHON SOFTWARE FOUNDATION LICENSE"));
    assert!(list_dir("ensurepip/_bundled").any(|entry| entry.name.ends_with(".whl")));
}

#[test]
fn every_module_has_its_code_in_the_image() {
    let image = bytecode::image::Image::new(image());
    for (path, _) in files().filter(|(path, _)| path.ends_with(".py")) {
        let number = code(path).unwrap_or_else(|| panic!("{path} has no code"));
        let function = image.function(number).expect("in the image");
        assert_eq!(image.text(function.qualname()).0, b"<module>", "{path}");
        assert!(!function.code().is_empty() && function.constants().count() >= function.constant_count(), "{path}");
    }
    assert_eq!(code("LICENSE.txt"), None);
    assert!(program("embedded.py").is_some_and(|(_, code)| code.is_some()) && program("none.py").is_none());
}
