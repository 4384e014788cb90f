//! The command line, as CPython's `getopt.c` and `initconfig.c` read it.

use vm::lifecycle::{Config, Run};

/// What the command line asks for.
pub enum Parsed {
    Run(Box<Config>),
    /// Print this on stdout and stop.
    Print(String),
    /// Print this on stderr and stop with code 2.
    Wrong(String),
}

const USAGE: &str = include_str!("help/usage.txt");
const ENVIRONMENT: &str = include_str!("help/environment.txt");
const XOPTIONS: &str = include_str!("help/xoptions.txt");

/// Options with an argument.
const WITH_ARGUMENT: &[u8] = b"cmWX";
const KNOWN: &[u8] = b"+bBc:dEhiIJm:OPqRsStuvVW:xX:?";

fn program(argv: &[Vec<u8>]) -> String {
    argv.first().map_or_else(|| "python".to_owned(), |name| String::from_utf8_lossy(name).into_owned())
}

fn usage(argv: &[Vec<u8>], message: &str) -> Parsed {
    let program = program(argv);
    Parsed::Wrong(format!(
        "{message}\nusage: {program} [option] ... [-c cmd | -m mod | file | -] [arg] ...\nTry `python -h' for more information.\n"
    ))
}

fn filled(text: &str, argv: &[Vec<u8>]) -> String {
    text.replace("@PROGRAM@", &program(argv))
}

/// Reads the command line.
pub fn parse(argv: &[Vec<u8>]) -> Parsed {
    let mut config = Config::new();
    config.orig_argv = argv.to_vec();
    config.program_name = argv.first().cloned().unwrap_or_default();
    let mut version = 0;
    let mut index = 1;
    let mut run = None;
    'arguments: while let Some(argument) = argv.get(index) {
        let Some(letters) = argument.strip_prefix(b"-").filter(|letters| !letters.is_empty()) else { break };
        index += 1;
        if letters == b"-" {
            break;
        }
        if let Some(long) = letters.strip_prefix(b"-") {
            match long {
                b"help" => return Parsed::Print(filled(USAGE, argv)),
                b"help-env" => return Parsed::Print(filled(ENVIRONMENT, argv)),
                b"help-xoptions" => return Parsed::Print(XOPTIONS.to_owned()),
                b"help-all" => {
                    return Parsed::Print(format!("{}\n{}\n{XOPTIONS}", filled(USAGE, argv), filled(ENVIRONMENT, argv)));
                }
                b"version" => version += 1,
                b"check-hash-based-pycs" => {
                    let Some(mode) = argv.get(index) else {
                        return usage(argv, "Argument expected for the --check-hash-based-pycs options");
                    };
                    index += 1;
                    match mode.as_slice() {
                        b"always" | b"never" | b"default" => {
                            config.check_hash_based_pycs = Some(String::from_utf8_lossy(mode).into_owned());
                        }
                        _ => return usage(argv, "--check-hash-based-pycs must be one of 'default', 'always', or 'never'"),
                    }
                }
                other => return usage(argv, &format!("Unknown option: --{}", String::from_utf8_lossy(other))),
            }
            continue;
        }
        for (position, letter) in letters.iter().copied().enumerate() {
            if !KNOWN.contains(&letter) || matches!(letter, b':' | b'+') {
                return usage(argv, &format!("Unknown option: -{}", char::from(letter)));
            }
            if WITH_ARGUMENT.contains(&letter) {
                let rest = letters.get(position + 1..).unwrap_or_default();
                let value = if rest.is_empty() {
                    let Some(value) = argv.get(index) else {
                        return usage(argv, &format!("Argument expected for the -{} option", char::from(letter)));
                    };
                    index += 1;
                    value.clone()
                } else {
                    rest.to_vec()
                };
                match letter {
                    b'c' => run = Some(Run::Command([value.as_slice(), b"\n"].concat())),
                    b'm' => run = Some(Run::Module(value)),
                    b'W' => config.warnoptions.push(value),
                    _ => add_xoption(&mut config, &value),
                }
                if run.is_some() {
                    break 'arguments;
                }
                break;
            }
            match letter {
                b'b' => config.bytes_warning += 1,
                b'B' => config.dont_write_bytecode = true,
                b'd' => config.parser_debug += 1,
                b'E' => config.use_environment = false,
                b'h' | b'?' => return Parsed::Print(filled(USAGE, argv)),
                b'i' => {
                    config.inspect += 1;
                    config.interactive += 1;
                }
                b'I' => {
                    config.isolated = true;
                    config.use_environment = false;
                    config.user_site = false;
                    config.safe_path = true;
                }
                b'O' => config.optimize += 1,
                b'P' => config.safe_path = true,
                b'q' => config.quiet += 1,
                b's' => config.user_site = false,
                b'S' => config.site_import = false,
                b'u' => config.unbuffered = true,
                b'v' => config.verbose += 1,
                b'V' => version += 1,
                b'x' => config.skip_first_line = true,
                b'R' => config.random_seed = true,
                // -t and -J ask for nothing any more.
                _ => {}
            }
        }
    }
    if version > 0 {
        let text = if version > 1 { vm::sys::info::LONG_VERSION } else { vm::sys::info::VERSION };
        return Parsed::Print(format!("Python {text}\n"));
    }
    finish(config, run, argv.get(index..).unwrap_or_default())
}

fn add_xoption(config: &mut Config, option: &[u8]) {
    let mut parts = option.splitn(2, |byte| *byte == b'=');
    let name = parts.next().unwrap_or_default().to_vec();
    config.xoptions.push((name, parts.next().map(<[u8]>::to_vec)));
}

/// What runs, and `sys.argv`.
fn finish(mut config: Config, run: Option<Run>, rest: &[Vec<u8>]) -> Parsed {
    let (run, argv0, arguments) = match run {
        Some(Run::Module(module)) => (Run::Module(module), b"-m".to_vec(), rest),
        Some(run) => (run, b"-c".to_vec(), rest),
        None => match rest.split_first() {
            None => (Run::Stdin, Vec::new(), rest),
            Some((dash, arguments)) if dash.as_slice() == b"-" => (Run::Stdin, b"-".to_vec(), arguments),
            Some((file, arguments)) => (Run::File(file.clone()), file.clone(), arguments),
        },
    };
    config.run = run;
    config.argv = std::iter::once(argv0).chain(arguments.iter().cloned()).collect();
    Parsed::Run(Box::new(config))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(words: &[&str]) -> Config {
        let argv: Vec<Vec<u8>> = std::iter::once("python").chain(words.iter().copied()).map(|w| w.as_bytes().to_vec()).collect();
        match parse(&argv) {
            Parsed::Run(config) => *config,
            Parsed::Print(text) | Parsed::Wrong(text) => panic!("{text}"),
        }
    }

    #[test]
    fn letters_join_and_commands_end_the_options() {
        let config = run(&["-bIOOc", "print(1)", "-x", "y"]);
        assert!(config.isolated && config.safe_path && !config.use_environment && config.optimize == 2);
        assert!(matches!(&config.run, Run::Command(text) if text == b"print(1)\n"));
        assert_eq!(config.argv, [b"-c".to_vec(), b"-x".to_vec(), b"y".to_vec()]);
        let config = run(&["-Xdev", "-X", "a=b=c", "-W", "error", "script.py", "-m"]);
        assert_eq!(config.xoptions, [(b"dev".to_vec(), None), (b"a".to_vec(), Some(b"b=c".to_vec()))]);
        assert!(matches!(&config.run, Run::File(file) if file == b"script.py"));
        assert!(matches!(run(&["-", "a"]).run, Run::Stdin));
    }
}
