"""Whether an answer stands on what its prompt shows: nobody can know the names of a team's own making that appear nowhere before it."""

from __future__ import annotations

import re

MOST = 2
"""Names that an answer may use and nothing shows, besides the well-known: of sixteen lessons with more, read by hand, one was good."""
REASON = "uses what is not shown"
OWN = re.compile(r"\b(?!\d|\w*(?:Error|Exception)\b)[A-Za-z]*(?:[A-Za-z0-9]_|[a-z][A-Z])\w+\b")
"""A name with an underscore or a capital within."""
_BINDS = re.compile(
    r"""(?:def|class|module|function|func|fn|let|const|var|type|interface|as|import|attr_\w+|belongs_to|has_\w+|scope)\s+(?:self\.)?:?(\w+)
    |(\w+)\s*(?::=|=(?!=)|:(?!:))|[(,]\s*(?:self,\s*)?(\w+)\s*(?=[,)=])""",
    re.VERBOSE,
)
"""Where a name is defined, assigned or passed by name, or stands alone between brackets, as a parameter does and some arguments do."""
_ATTRIBUTE = re.compile(r"(?<![\w@])(?:self\.|this\.|@{1,2})(?!__|class\b)([A-Za-z_]\w*)\b(?!\s*[(:]|\s*=(?!=))")
"""An attribute that is read: no call, no type of one, no target of an assignment."""
_SETS = re.compile(r"(?:self\.|this\.|@{1,2})(\w+)(?=[^=\n()]{0,120}(?<![=!<>])=(?!=))|(?:def|class)\s+(\w+)")
"""What code sets or defines itself; several at once stand before one sign."""
_WORD = re.compile(r"\w+")
_HASHED = frozenset({"elixir", "julia", "lua", "makefile", "perl", "python", "r", "ruby", "shell", "toml", "yaml"})
"""Languages in which `//` begins no remark: it is an operator, an empty pattern or part of an address."""
_STRING = r"""(\"(?:\\.|[^"\\\n])*+\"|'(?:\\.|[^'\\\n])*+')"""
_HASH = r"(?<!\.)#(?!\{)[^\n]*"
_REMARK, _REMARK_OR_SLASHES = re.compile(f"{_STRING}|{_HASH}"), re.compile(f"{_STRING}|{_HASH}|(?<!:)//[^\\n]*")
_ADDRESS = re.compile(r"://[^\s\"'`#{]*")
_DOCSTRING = re.compile(r'"""(?:(?!""").)*"""', re.DOTALL)

KNOWN = frozenset(
    re.findall(
        r"\w+",
        """ActiveRecord ActiveModel ActiveSupport ActionController ActionMailer ActiveJob ApplicationRecord ApplicationController
        ApplicationJob ApplicationMailer ApplicationHelper IrreversibleMigration RecordNotFound RecordInvalid add_column
        remove_column add_index remove_index create_table drop_table change_column add_reference add_foreign_key after_save
        before_save after_create before_create after_commit before_validation after_destroy before_destroy before_action
        after_action skip_before_action around_action belongs_to has_many has_one has_and_belongs_to_many validates_presence_of
        validates_uniqueness_of validates_length_of attr_accessor attr_reader attr_writer find_by find_each find_or_create_by
        find_or_initialize_by update_column update_columns update_all update_attribute destroy_all delete_all left_outer_joins
        redirect_to link_to button_to form_with form_for form_tag check_box text_field text_area submit_tag content_for
        content_tag content_type image_tag stylesheet_link_tag javascript_include_tag number_with_delimiter time_ago_in_words
        deliver_now deliver_later perform_later perform_now respond_to to_json to_param to_s to_i to_f to_a to_h to_sym to_proc
        to_str to_date to_time new_record group_by sort_by min_by max_by each_with_index each_with_object each_slice flat_map
        reverse_each find_index delete_if define_method method_missing instance_variable_get instance_variable_set const_get
        class_eval instance_eval module_function private_class_method alias_method require_relative raise_error be_nil be_valid
        be_truthy be_falsey be_empty be_present not_to to_not have_http_status have_content have_link have_css have_received
        allow_any_instance_of and_return and_raise and_call_original and_yield shared_examples rails_helper spec_helper
        assert_equal assert_nil assert_not assert_not_nil assert_raises assert_match assert_includes assert_difference
        assert_response assert_redirected_to assert_select click_link click_button click_on fill_in __init__ __name__ __main__
        __file__ __doc__ __dict__ __class__ __call__ __enter__ __exit__ __iter__ __next__ __len__ __repr__ __str__ __eq__
        __hash__ __getattr__ __setattr__ __getitem__ __setitem__ __contains__ __new__ __all__ __future__ TYPE_CHECKING
        NamedTuple TypeVar ParamSpec TypedDict defaultdict OrderedDict namedtuple contextmanager staticmethod classmethod
        setdefault startswith endswith update_wrapper total_ordering lru_cache cached_property exc_info format_exc exc_clear
        TestCase setUp tearDown assertEqual assertEquals assertTrue assertFalse assertIn assertNotIn assertIsNone
        assertIsNotNone assertRaises MagicMock side_effect return_value assert_called_with assert_called_once
        assert_called_once_with hasOwnProperty toString indexOf lastIndexOf charCodeAt toLowerCase toUpperCase isArray forEach
        setTimeout clearTimeout setInterval nextTick readFile readFileSync writeFile writeFileSync existsSync statSync isFile
        isDirectory createServer createReadStream addEventListener removeEventListener querySelector querySelectorAll
        getElementById createElement appendChild preventDefault stopPropagation innerHTML textContent classList defineProperty
        getOwnPropertyNames getPrototypeOf setPrototypeOf beforeEach afterEach toEqual toBe toHaveBeenCalled
        toHaveBeenCalledWith deepEqual strictEqual deepStrictEqual parseInt parseFloat isNaN encodeURIComponent
        decodeURIComponent StringBuilder ArrayList HashMap LinkedList IllegalArgumentException NullPointerException""",
    )
)
"""Names of common languages' libraries and frameworks: whoever writes code there knows them."""


def plain(code: str, language: str) -> str:
    """Code without its remarks and the paths of addresses, which name nothing; what looks like a remark within a string stays."""
    kept = (_REMARK if language in _HASHED else _REMARK_OR_SLASHES).sub(lambda match: match[1] or "", code)
    return _ADDRESS.sub("", kept)


def rootless(code: str, language: str, prompt: str) -> bool:
    """Whether whole functions use an attribute of their object's, `self.x` or `@x`, that they do not set and their prompt does not show.

    `code` is `plain`. Of lessons read by hand that did, two of twelve were good; of the others 72 of 201.
    """
    known = {name for names in _SETS.findall(code) for name in names}.union(_WORD.findall(prompt))
    read = _ATTRIBUTE.findall(code if language == "ruby" else code.replace("@", " "))  # elsewhere it decorates
    return not known.issuperset(read)


def baseless(code: str, prompt: str) -> bool:
    """Whether more names than may be are used in code, and neither its prompt shows nor the code itself brings them; it is `plain`."""
    said = _DOCSTRING.sub(" ", code)
    known = {name for match in _BINDS.finditer(said) for name in match.groups() if name}.union(OWN.findall(prompt))
    return len(set(OWN.findall(said)) - known - KNOWN) > MOST


def groundless(code: str, language: str, prompt: str) -> bool:
    """Whether whole functions, or tests, stand on what neither they nor their prompt show: `baseless` or `rootless`."""
    said = plain(code, language)
    return baseless(said, prompt) or rootless(said, language, prompt)
