//! PowerShell scripts as syntax trees: their functions, parameters and help.

use std::path::{Path, PathBuf};

use tree_sitter::{Node, Parser, Tree};

/// One script file of the module.
pub struct Script {
    pub path: PathBuf,
    pub text: String,
    tree: Tree,
}

/// One function with its comment-based help.
#[derive(Debug)]
pub struct Function {
    pub name: String,
    pub help: Help,
    /// What stands in `[CmdletBinding(…)]`.
    pub binding: Vec<Argument>,
    /// What `[OutputType(…)]` names.
    pub output: Option<String>,
    /// What `[Alias(…)]` before `param` names.
    pub aliases: Vec<String>,
    pub parameters: Vec<Parameter>,
}

/// One parameter with its attributes.
#[derive(Debug)]
pub struct Parameter {
    pub name: String,
    /// As it is written: `string[]`, `switch`.
    pub type_name: String,
    pub attributes: Vec<Attribute>,
}

/// `[Name(argument, argument)]`.
#[derive(Debug)]
pub struct Attribute {
    pub name: String,
    pub arguments: Vec<Argument>,
}

/// `Name = value`, or a value alone, or a name alone. Values stand without quotation marks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Argument {
    pub name: Option<String>,
    pub value: String,
}

/// Comment-based help, by section.
#[derive(Debug, Default)]
pub struct Help {
    pub synopsis: String,
    pub description: String,
    pub parameters: Vec<(String, String)>,
    /// The command, and what it does.
    pub examples: Vec<(String, String)>,
    pub outputs: String,
}

impl Script {
    /// Reads and parses a file.
    pub fn read(path: &Path) -> Self {
        Self::of(path, std::fs::read_to_string(path).expect("a script in UTF-8"))
    }

    /// Parses a text.
    pub fn of(path: &Path, text: String) -> Self {
        let mut parser = Parser::new();
        parser.set_language(&tree_sitter_powershell::LANGUAGE.into()).expect("the grammar fits");
        let tree = parser.parse(&text, None).expect("a tree");
        Self { path: path.to_owned(), text, tree }
    }

    /// The lines that are no PowerShell.
    pub fn errors(&self) -> Vec<String> {
        let broken = self.nodes().into_iter().filter(|node| node.is_error() || node.is_missing());
        broken.map(|node| format!("{}:{}", self.path.display(), node.start_position().row + 1)).collect()
    }

    /// Every node, outer ones first.
    pub fn nodes(&self) -> Vec<Node<'_>> {
        let mut found = Vec::new();
        collect(self.tree.root_node(), &mut found);
        found
    }

    /// The text of a node.
    pub fn text_of(&self, node: Node<'_>) -> &str {
        &self.text[node.byte_range()]
    }

    /// The functions that stand in the file, with the help that stands in them.
    pub fn functions(&self) -> Vec<Function> {
        let functions = self.nodes().into_iter().filter(|node| node.kind() == "function_statement");
        functions.map(|node| self.function(node)).collect()
    }

    fn function(&self, node: Node<'_>) -> Function {
        let all = children(node);
        let name = all.iter().find(|node| node.kind() == "function_name").map(|node| self.text_of(*node).to_owned());
        let mut inside = Vec::new();
        collect(node, &mut inside);
        let help = inside.iter().find(|node| node.kind() == "comment" && self.text_of(**node).starts_with("<#"));
        let block = inside.iter().find(|node| node.kind() == "param_block").copied();
        let attributes = block.map(|block| self.attributes(block)).unwrap_or_default();
        let of = |name: &str| attributes.iter().find(|attribute| attribute.name == name).map(|found| found.arguments.clone());
        let list = block.and_then(|block| children(block).into_iter().find(|node| node.kind() == "parameter_list"));
        let parameters = list.map(children).unwrap_or_default();
        let parameters = parameters.into_iter().filter(|node| node.kind() == "script_parameter");
        let values = |arguments: Option<Vec<Argument>>| {
            arguments.unwrap_or_default().into_iter().map(|argument| argument.value).collect::<Vec<_>>()
        };
        Function {
            name: name.expect("a function has a name"),
            help: help.map(|node| Help::of(self.text_of(*node))).unwrap_or_default(),
            binding: of("CmdletBinding").unwrap_or_default(),
            output: values(of("OutputType")).into_iter().next(),
            aliases: values(of("Alias")),
            parameters: parameters.map(|node| self.parameter(node)).collect(),
        }
    }

    fn parameter(&self, node: Node<'_>) -> Parameter {
        let mut attributes = self.attributes(node);
        let variable = children(node).into_iter().find(|node| node.kind() == "variable").expect("a parameter has a name");
        let mut types = children(node).into_iter().filter(|node| node.kind() == "attribute_list").flat_map(children);
        let written = types.rfind(|node| children(*node).iter().any(|inner| inner.kind() == "type_literal"));
        attributes.retain(|attribute| !attribute.name.is_empty());
        Parameter {
            name: self.text_of(variable).trim_start_matches('$').to_owned(),
            type_name: written
                .and_then(|node| self.text_of(node).strip_prefix('[')?.strip_suffix(']'))
                .unwrap_or_default()
                .to_owned(),
            attributes,
        }
    }

    fn attributes(&self, parent: Node<'_>) -> Vec<Attribute> {
        let lists = children(parent).into_iter().filter(|node| node.kind() == "attribute_list");
        let attributes = lists.flat_map(children).filter(|node| node.kind() == "attribute");
        attributes
            .map(|attribute| {
                let parts = children(attribute);
                let name = parts.iter().find(|node| node.kind() == "attribute_name");
                let arguments = parts.iter().find(|node| node.kind() == "attribute_arguments").map(|node| children(*node));
                let arguments = arguments.unwrap_or_default().into_iter().filter(|node| node.kind() == "attribute_argument");
                Attribute {
                    name: name.map(|node| self.text_of(*node).to_owned()).unwrap_or_default(),
                    arguments: arguments.map(|node| Argument::of(self.text_of(node))).collect(),
                }
            })
            .collect()
    }
}

impl Function {
    pub fn parameter(&self, name: &str) -> Option<&Parameter> {
        self.parameters.iter().find(|parameter| parameter.name == name)
    }

    /// The value of a member of `[CmdletBinding(…)]`; an empty text where it stands alone.
    pub fn bound(&self, name: &str) -> Option<&str> {
        named(&self.binding, name)
    }
}

impl Parameter {
    pub fn attribute(&self, name: &str) -> Option<&Attribute> {
        self.attributes.iter().find(|attribute| attribute.name == name)
    }

    /// What `[Alias(…)]` names.
    pub fn aliases(&self) -> Vec<&str> {
        self.attribute("Alias").map(|alias| alias.arguments.iter().map(|one| one.value.as_str()).collect()).unwrap_or_default()
    }

    /// The value of a member of `[Parameter(…)]`; an empty text where it stands alone.
    pub fn bound(&self, name: &str) -> Option<&str> {
        named(&self.attribute("Parameter")?.arguments, name)
    }
}

impl Argument {
    fn of(text: &str) -> Self {
        let plain = |text: &str| text.trim().trim_matches('\'').to_owned();
        match text.split_once('=') {
            Some((name, value)) if !text.trim_start().starts_with('\'') => {
                Self { name: Some(name.trim().to_owned()), value: plain(value) }
            }
            _ => Self { name: None, value: plain(text) },
        }
    }
}

impl Help {
    fn of(comment: &str) -> Self {
        let mut help = Self::default();
        let inner = comment.trim_start_matches("<#").trim_end_matches("#>");
        let mut sections: Vec<(String, Vec<&str>)> = Vec::new();
        for line in inner.lines().map(|line| line.strip_prefix("    ").unwrap_or(line)) {
            if let Some(head) = line.strip_prefix('.') {
                sections.push((head.trim().to_owned(), Vec::new()));
            } else if let Some((_, lines)) = sections.last_mut() {
                lines.push(line);
            }
        }
        for (head, lines) in sections {
            let text = lines.join("\n").trim().to_owned();
            match head.split_once(' ').unwrap_or((&head, "")) {
                ("SYNOPSIS", _) => help.synopsis = text,
                ("DESCRIPTION", _) => help.description = text,
                ("PARAMETER", name) => help.parameters.push((name.to_owned(), text)),
                ("EXAMPLE", _) => {
                    let (command, does) = text.split_once("\n\n").unwrap_or((&text, ""));
                    help.examples.push((command.to_owned(), does.to_owned()));
                }
                ("OUTPUTS", _) => help.outputs = text,
                other => panic!("the help has a section {other:?}"),
            }
        }
        help
    }
}

fn named<'a>(arguments: &'a [Argument], name: &str) -> Option<&'a str> {
    arguments.iter().find_map(|argument| match &argument.name {
        Some(known) if known == name => Some(argument.value.as_str()),
        None if argument.value == name => Some(""),
        _ => None,
    })
}

fn children(node: Node<'_>) -> Vec<Node<'_>> {
    let mut cursor = node.walk();
    node.children(&mut cursor).collect()
}

fn collect<'a>(node: Node<'a>, found: &mut Vec<Node<'a>>) {
    found.push(node);
    for child in children(node) {
        collect(child, found);
    }
}
