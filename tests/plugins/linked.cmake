# SPDX-License-Identifier: Apache-2.0
# A provider's own files linked into tests, so that failing allocations and fuzzers reach them:
# sluice_linked_plugin(NAME [SOURCES file...])
#   NAME_linked                          the objects
#   fuzz_NAME_data, fuzz_NAME_request    where fuzzers are built
include_guard(GLOBAL)
function(sluice_linked_plugin name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "SOURCES")
  set(folder ${PROJECT_SOURCE_DIR}/plugins/providers)
  if(NOT arg_SOURCES)
    file(GLOB arg_SOURCES CONFIGURE_DEPENDS ${folder}/${name}/*.c)
  endif()
  add_library(${name}_linked OBJECT ${arg_SOURCES})
  target_compile_definitions(${name}_linked PRIVATE SLUICE_BUILTIN)
  target_include_directories(${name}_linked PRIVATE ${folder} ${PROJECT_BINARY_DIR}/plugins/providers/${name}
    ${PROJECT_BINARY_DIR}/plugins/providers/openai_common)
  target_link_libraries(${name}_linked PUBLIC sluice::sdk PRIVATE sluice_flags)
  foreach(target fuzz_${name}_data fuzz_${name}_request)
    if(TARGET ${target})
      target_link_libraries(${target} PRIVATE ${name}_linked sluice::testhost)
    endif()
  endforeach()
endfunction()
