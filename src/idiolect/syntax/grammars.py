"""What each language's grammar calls the things that we look for: one table a language, and nothing of it is code.

A row `kind: spec` names a kind of node and where the name is within it: a field of the grammar, else a kind of named child.
A language without a wheel on PyPI (COBOL) has no row; a pack may bring it.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cache


@dataclass(frozen=True)
class Layer:
    """Another language that stands within the nodes of one kind; all else is read as blanks."""

    language: str
    kind: str
    closed: bytes = b""
    """Stands for the first bytes after each such node, so that two pieces of code do not run together."""
    strict: bool = False
    """Whether an error in it is one of the file."""


@dataclass(frozen=True)
class Grammar:
    """One language."""

    module: str
    """Of the wheel."""
    function: str = "language"
    units: Mapping[str, str] = field(default_factory=dict)
    """Kind of node -> kind of unit."""
    named: Mapping[str, str] = field(default_factory=dict)
    """Where a unit's name is not in `name`, `property` or the innermost `declarator`."""
    calls: Mapping[str, str] = field(default_factory=dict)
    imports: Mapping[str, str] = field(default_factory=dict)
    defines: Mapping[str, str] = field(default_factory=dict)
    """What names something where no function is around it."""
    importers: frozenset[bytes] = frozenset()
    """Calls that bring in the file they name: `require "set"`."""
    body: str = "body"
    deepest: int = 400
    """Nodes further down are no units and define nothing; 400 is as deep as we look."""
    layers: tuple[Layer, ...] = ()


def _rows(text: str) -> dict[str, str]:
    """`a:x b:y` as a table."""
    return dict(row.split(":") for row in text.split())


def _kinds(text: str) -> frozenset[str]:
    return frozenset(text.split())


_SCRIPT = Grammar(
    "tree_sitter_typescript",
    units=_rows("""function_declaration:function generator_function_declaration:function method_definition:method
        class_declaration:class abstract_class_declaration:class interface_declaration:interface enum_declaration:enum
        type_alias_declaration:type internal_module:module variable_declarator:function public_field_definition:method
        field_definition:method assignment_expression:function"""),
    named=_rows("assignment_expression:left"),
    calls=_rows("call_expression:function new_expression:constructor"),
    imports=_rows("import_statement:source export_statement:source"),
    defines=_rows("""variable_declarator:name public_field_definition:name field_definition:property function_signature:name
        abstract_method_signature:name method_signature:name property_signature:name"""),
    importers=frozenset({b"require", b"import"}),
)
_C = Grammar(
    "tree_sitter_c",
    units=_rows("function_definition:function struct_specifier:struct union_specifier:struct enum_specifier:enum"),
    calls=_rows("call_expression:function"),
    imports=_rows("preproc_include:path"),
    defines=_rows("preproc_def:name preproc_function_def:name type_definition:declarator declaration:declarator enumerator:name"),
)
GRAMMARS: Mapping[str, Grammar] = {
    "c": _C,
    "c++": replace(
        _C,
        module="tree_sitter_cpp",
        units={**_C.units, **_rows("class_specifier:class namespace_definition:namespace alias_declaration:type concept_definition:type")},
        calls=_rows("call_expression:function new_expression:type"),
        defines={**_C.defines, **_rows("field_declaration:declarator")},
    ),
    "c#": Grammar(
        "tree_sitter_c_sharp",
        units=_rows("""class_declaration:class interface_declaration:interface enum_declaration:enum struct_declaration:struct
            record_declaration:class delegate_declaration:type namespace_declaration:namespace method_declaration:method
            constructor_declaration:method destructor_declaration:method local_function_statement:function"""),
        calls=_rows("invocation_expression:function object_creation_expression:type"),
        imports=_rows("using_directive:qualified_name|identifier"),
        defines=_rows("variable_declarator:name property_declaration:name enum_member_declaration:name event_declaration:name"),
    ),
    "go": Grammar(
        "tree_sitter_go",
        units=_rows("function_declaration:function method_declaration:method type_spec:type type_alias:type"),
        calls=_rows("call_expression:function"),
        imports=_rows("import_spec:path"),
        defines=_rows("const_spec:name var_spec:name field_declaration:name method_elem:name"),
    ),
    "html": Grammar("tree_sitter_html"),
    "html+erb": Grammar("tree_sitter_embedded_template", layers=(Layer("html", "content"), Layer("ruby", "code", b";", strict=True))),
    "java": Grammar(
        "tree_sitter_java",
        units=_rows("""class_declaration:class interface_declaration:interface enum_declaration:enum record_declaration:class
            annotation_type_declaration:interface method_declaration:method constructor_declaration:method"""),
        calls=_rows("method_invocation:name object_creation_expression:type"),
        imports=_rows("import_declaration:scoped_identifier|identifier"),
        defines=_rows("variable_declarator:name enum_constant:name"),
    ),
    "javascript": replace(_SCRIPT, module="tree_sitter_javascript"),
    "php": Grammar(
        "tree_sitter_php",
        "language_php",
        units=_rows("""function_definition:function method_declaration:method class_declaration:class interface_declaration:interface
            trait_declaration:trait enum_declaration:enum"""),
        calls=_rows("""function_call_expression:function member_call_expression:name nullsafe_member_call_expression:name
            scoped_call_expression:name object_creation_expression:name|qualified_name"""),
        imports=_rows("""namespace_use_clause:qualified_name|name require_expression:string|encapsed_string
            require_once_expression:string|encapsed_string include_expression:string|encapsed_string
            include_once_expression:string|encapsed_string"""),
        defines=_rows("const_element:name property_element:name enum_case:name"),
    ),
    "python": Grammar(
        "tree_sitter_python",
        units=_rows("function_definition:function class_definition:class"),
        calls=_rows("call:function"),
        imports=_rows("import_statement:name import_from_statement:module_name"),
        defines=_rows("assignment:left"),
    ),
    "ruby": Grammar(
        "tree_sitter_ruby",
        units=_rows("method:method singleton_method:method class:class module:module"),
        calls=_rows("call:method"),
        defines=_rows("assignment:left"),
        importers=frozenset({b"require", b"require_relative", b"load"}),
    ),
    "rust": Grammar(
        "tree_sitter_rust",
        units=_rows("""function_item:function struct_item:struct enum_item:enum union_item:struct trait_item:trait impl_item:impl
            mod_item:namespace type_item:type macro_definition:macro function_signature_item:function"""),
        named=_rows("impl_item:type"),
        calls=_rows("call_expression:function macro_invocation:macro"),
        imports=_rows("use_declaration:argument extern_crate_declaration:name"),
        defines=_rows("const_item:name static_item:name field_declaration:name enum_variant:name"),
    ),
    "shell": Grammar(
        "tree_sitter_bash",
        units=_rows("function_definition:function"),
        calls=_rows("command:name"),
        defines=_rows("variable_assignment:name"),
        importers=frozenset({b"source", b"."}),
    ),
    "sql": Grammar(
        "tree_sitter_sql",
        units=_rows("create_table:table create_view:view create_materialized_view:view create_function:function create_type:type"),
        named=_rows(
            "create_table:object_reference create_view:object_reference create_materialized_view:object_reference "
            "create_function:object_reference create_type:object_reference"
        ),
        body="function_body",
        calls=_rows("invocation:object_reference"),
        defines=_rows("column_definition:name create_index:column create_trigger:object_reference"),
    ),
    "tsx": replace(_SCRIPT, function="language_tsx"),
    "typescript": replace(_SCRIPT, function="language_typescript"),
    "yaml": Grammar(
        "tree_sitter_yaml", units=_rows("block_mapping_pair:entry"), named=_rows("block_mapping_pair:key"), body="value", deepest=4
    ),
}


@cache
def has_grammar(language: str) -> bool:
    """Whether files of this language can be parsed here."""
    return language in GRAMMARS and importlib.util.find_spec(GRAMMARS[language].module) is not None


ONLY_WITH_FUNCTION = frozenset({"variable_declarator", "public_field_definition", "field_definition", "assignment_expression"})
ONLY_WITH_BODY = frozenset({"struct_specifier", "union_specifier", "enum_specifier", "class_specifier"})
WRAPPERS = _kinds(
    """decorated_definition export_statement lexical_declaration variable_declaration type_declaration template_declaration
    ambient_declaration type_definition"""
)
WRAPS_ALWAYS = frozenset({"decorated_definition", "template_declaration", "type_definition"})
"""The others wrap a unit only where nothing else is within."""
PREFIXES = frozenset({"attribute_item"})
"""Nodes of their own that stand before a unit and belong to it."""
FUNCTIONS = frozenset({"arrow_function", "function_expression", "generator_function"})
TYPES = frozenset({"class", "module", "interface", "struct", "enum", "trait", "impl"})
"""A function within is a method."""
COMMENTS = frozenset({"comment", "line_comment", "block_comment", "html_comment", "comment_directive", "marginalia"})
LEAVES = _kinds(
    """identifier field_identifier type_identifier property_identifier namespace_identifier package_identifier simple_identifier
    shorthand_property_identifier shorthand_property_identifier_pattern statement_identifier constant instance_variable
    class_variable global_variable variable simple_symbol integer float number number_literal integer_literal decimal_integer_literal
    int_literal float_literal true false none nil null self this super string_start string_end string_content string_fragment
    string_literal_content escape_sequence predefined_type primitive_type void_type integral_type tag_name attribute_name
    attribute_value text content code word hash_key_symbol modifier visibility access_specifier type_qualifier
    dotted_name storage_class_specifier interpreted_string_literal_content"""
)
"""Kinds whose nodes have nothing within that we look for: the walk passes over them."""
THREES = _kinds("string attribute member_expression scope_resolution binary binary_operator binary_expression keyword_argument")
"""Frequent kinds of at least three children, so that one with three nodes within has nothing but leaves: a fifth of all nodes."""
MARKS: Mapping[str, str] = {
    "arguments": """argument_list arguments parameters formal_parameters method_parameters block_parameters parameter_list
        lambda_parameters type_arguments type_parameters named_imports template_argument_list template_parameter_list
        bracketed_argument_list base_class_clause field_initializer_list use_list function_arguments column_definitions""",
    "expression": """call call_expression method_invocation binary_operator boolean_operator comparison_operator unary_operator
        not_operator attribute subscript conditional_expression lambda named_expression await list_comprehension set_comprehension
        dictionary_comprehension generator_expression binary unary conditional element_reference scope_resolution rescue_modifier
        member_expression subscript_expression binary_expression unary_expression ternary_expression arrow_function
        function_expression assignment_expression augmented_assignment_expression await_expression new_expression
        yield_expression as_expression jsx_expression field_access array_access instanceof_expression cast_expression
        object_creation_expression lambda_expression method_reference switch_expression selector_expression index_expression
        slice_expression func_literal type_assertion_expression field_expression pointer_expression parenthesized_expression
        keyword_argument test_command command_substitution union_type generic_type type_annotation range
        invocation_expression member_access_expression element_access_expression interpolated_string_expression query_expression
        conditional_access_expression is_pattern_expression prefix_unary_expression postfix_unary_expression typeof_expression
        anonymous_method_expression function_call_expression member_call_expression scoped_call_expression
        nullsafe_member_call_expression member_access_expression class_constant_access_expression anonymous_function match_expression
        qualified_identifier template_type fold_expression compound_assignment_expr reference_expression try_expression
        macro_invocation closure_expression range_expression scoped_identifier if_expression match_arm generic_function
        type_cast_expression invocation subquery predicate select_expression join where order_by group_by from""",
    "statement": """expression_statement return_statement if_statement for_statement while_statement try_statement with_statement
        raise_statement assert_statement import_statement import_from_statement delete_statement match_statement elif_clause
        else_clause except_clause finally_clause case_clause assignment operator_assignment augmented_assignment if unless while
        until for case when in_clause begin rescue ensure else elsif if_modifier unless_modifier while_modifier return yield
        throw_statement switch_statement switch_case do_statement for_in_statement catch_clause lexical_declaration
        variable_declaration export_statement local_variable_declaration field_declaration public_field_definition
        property_signature enhanced_for_statement try_with_resources_statement import_declaration package_declaration
        short_var_declaration assignment_statement defer_statement go_statement select_statement expression_switch_statement
        type_switch_statement expression_case const_declaration var_declaration declaration type_definition preproc_include
        preproc_def case_statement command pipeline redirected_statement variable_assignment case_item type_alias_declaration
        foreach_statement using_statement lock_statement yield_statement local_declaration_statement property_declaration
        using_directive switch_section echo_statement namespace_use_declaration let_declaration use_declaration
        const_item static_item for_range_loop alias_declaration using_declaration statement select insert update delete
        create_table create_view create_function create_index alter_table column_definition constraint block_mapping_pair
        block_sequence_item""",
    "block": """block body_statement block_body do_block statement_block compound_statement constructor_body then do do_group
        statement_list block_mapping accessor_list arrow_expression_clause token_tree match_block switch_body switch_block""",
    "method": """function_definition method singleton_method function_declaration generator_function_declaration
        method_definition method_declaration constructor_declaration decorated_definition local_function_statement
        destructor_declaration function_item template_declaration""",
    "class": """class_definition class module singleton_class class_declaration abstract_class_declaration class_body
        interface_declaration interface_body enum_declaration enum_body record_declaration internal_module type_declaration
        struct_specifier field_declaration_list declaration_list class_specifier enum_specifier namespace_definition
        namespace_declaration struct_declaration trait_declaration struct_item enum_item impl_item trait_item mod_item
        enum_member_declaration_list enum_declaration_list enum_variant_list enumerator_list""",
    "literal": """list dictionary set tuple hash array object object_type array_initializer composite_literal literal_value
        initializer_list pair keyed_element string_array symbol_array object_pattern array_creation_expression
        initializer_expression array_expression struct_expression flow_mapping flow_sequence block_sequence""",
    "string": """string string_literal interpreted_string_literal raw_string_literal template_string template_substitution
        interpolation heredoc_body regex interpolated_string_expression verbatim_string_literal encapsed_string heredoc
        double_quote_scalar single_quote_scalar block_scalar""",
    "tag": "element start_tag script_element style_element self_closing_tag directive output_directive code jsx_element "
    "jsx_opening_element jsx_self_closing_element jsx_attribute raw_text",
}
"""Kind of span -> the nodes that are one, in all grammars together: their words seldom mean two things."""
