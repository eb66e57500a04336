"""The C interface as Rust declares it, written in C, so that a C compiler compares it with absmax.h.

    import capi_signatures
    capi_signatures.declared_in_c(texts)      # a C file that compiles if absmax.h says the same as capi/src
    capi_signatures.functions(texts)          # the names of the functions

`texts` are the sources of capi/src by name. What this cannot read it does not pass over: it raises ValueError.
"""

import re

TYPES = {
    "c_char": "char", "c_void": "void", "i8": "int8_t", "u8": "uint8_t", "i32": "int32_t", "u32": "uint32_t",
    "i64": "int64_t", "usize": "size_t", "f32": "float",
}
FUNCTION = re.compile(r'#\[unsafe\(no_mangle\)\]\s*pub (?:unsafe )?extern "C" fn (\w+)\(([^)]*)\)(?: -> ([^{]+?))? \{')
POINTER_TO_FUNCTION = re.compile(r'Option<\s*unsafe extern "C" fn\(([^)]*)\),?\s*>')
HEADER_FUNCTION = re.compile(r"^(?:const char \*|[a-z_0-9]+ )(absmax_\w+)\(", re.MULTILINE)
HEADER_CODE = re.compile(r"\b(ABSMAX_[A-Z0-9_]+) = (\d+)|^#define (ABSMAX_(?:ABI|NUMERICS)) (\d+)", re.MULTILINE)


def snake(name):
    return re.sub(r"(?<!^)([A-Z])", r"_\1", name).lower()


def aliases(texts):
    """{name: Rust type} of every `pub type`."""
    return {name: " ".join(value.split()) for text in texts.values()
            for name, value in re.findall(r"pub type (\w+) =\s*([^;]+);", text)}


def in_c(rust, known, name=""):
    """The declaration in C of something that has a Rust type."""
    rust = rust.strip()
    if rust in known:
        return in_c(known[rust], known, name)
    if pointer := re.fullmatch(r"\*(const|mut) (.+)", rust):
        const = "const " if pointer[1] == "const" else ""
        return f"{const}{in_c(pointer[2], known)} *{name}".replace("  ", " ")
    if function := POINTER_TO_FUNCTION.fullmatch(rust):
        return f"void (*{name})({parameters(function[1], known)})"
    if rust in TYPES:
        return f"{TYPES[rust]} {name}".rstrip()
    if re.fullmatch(r"Absmax[A-Za-z]+", rust):
        return f"{snake(rust)} {name}".rstrip()
    raise ValueError(f"no type in C for {rust!r}")


def parameters(text, known):
    fields = [field.strip() for field in text.split(",") if field.strip()]
    return ", ".join(in_c(field.partition(":")[2], known) for field in fields) or "void"


def declarations(texts):
    """{function: its declaration in C}."""
    known, found = aliases(texts), {}
    for text in texts.values():
        for name, arguments, result in FUNCTION.findall(text):
            result = in_c(result, known) if result else "void"
            found[name] = f"{result} {name}({parameters(arguments, known)});"
    if len(found) != sum(text.count("no_mangle") for text in texts.values()):
        raise ValueError("a function with no_mangle is not read")
    return found


def functions(texts):
    return set(declarations(texts))


def structs(texts):
    """{struct: [(field, Rust type)]}."""
    found = {}
    for name, body in re.findall(r"struct (Absmax\w+), \w+; \{(.*?)\n    \}", texts["structs.rs"], re.DOTALL):
        fields = re.findall(r"(\w+): ([^,]+),", body)
        found[snake(name)] = [("struct_size", "usize"), *((field.rstrip("_"), rust) for field, rust in fields)]
    return found


def codes(texts):
    """{name: number} of everything that absmax.h has as a number."""
    return dict(re.findall(r"\b(ABSMAX_\w+) = (\d+)[,;]", texts["codes.rs"]))


def declared_in_c(texts):
    known = aliases(texts)
    lines = ["#include <absmax.h>", *declarations(texts).values()]
    for name, fields in structs(texts).items():
        lines += [f"struct rust_{name} {{", *(f"    {in_c(rust, known, field)};" for field, rust in fields), "};"]
        lines.append(f'_Static_assert(sizeof({name}) == sizeof(struct rust_{name}), "{name}");')
        for field, _ in fields:
            place = f"offsetof({name}, {field}) == offsetof(struct rust_{name}, {field})"
            types = [f"__typeof__((({of} *)0)->{field})" for of in (name, f"struct rust_{name}")]
            lines.append(f'_Static_assert({place} && __builtin_types_compatible_p({", ".join(types)}), "{name}.{field}");')
    lines += [f'_Static_assert({name} == {number}, "{name}");' for name, number in codes(texts).items()]
    return "\n".join(lines) + "\n"


def differences(texts, header):
    """What only one of the two has, in words."""
    of_header = set(HEADER_FUNCTION.findall(header))
    numbers = {name or macro for name, _, macro, _ in HEADER_CODE.findall(header)}
    of_structs = set(re.findall(r"^typedef struct (\w+) \{", header, re.MULTILINE))
    pairs = [(of_header, functions(texts)), (numbers, codes(texts).keys()), (of_structs, structs(texts).keys())]
    return [f"{name} is in absmax.h only" for a, b in pairs for name in sorted(a - set(b))] + [
        f"{name} is in Rust only" for a, b in pairs for name in sorted(set(b) - a)]
