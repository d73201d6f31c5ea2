# SPDX-License-Identifier: Apache-2.0
# Run with -DIN=file -DOUT=file.c -DNAME=symbol: the file as a C array, with a NUL at its end. The tools of a
# bare system (no xxd) are enough for it.
file(READ "${IN}" hex HEX)
string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," bytes "${hex}")
string(REGEX REPLACE "(................................................................................)" "\\1\n"
  bytes "${bytes}")
get_filename_component(name "${IN}" NAME)
file(WRITE "${OUT}" "/* SPDX-License-Identifier: Apache-2.0 */\n/* Made from ${name}; do not edit. */\n"
  "extern const char ${NAME}[];\nconst char ${NAME}[] = {\n${bytes}0 };\n")
