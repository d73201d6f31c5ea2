# SPDX-License-Identifier: Apache-2.0
# Tests of a provider that translates: sluice_translating_plugin(NAME MODEL name ANSWER text
#                           [PAIRS stream=whole...] [SOURCES file...])
#   plugin_NAME_request   request.cases of this folder, by cases.c
#   plugin_NAME_faults    the plugin's cassettes with its own files linked in, so that failing allocations reach
#                         its buffers too
#   plugin_NAME_streams   pairs of cassettes that hold the same answer, streamed and whole
# and what linked.cmake makes of it.
include_guard(GLOBAL)
include(${CMAKE_CURRENT_LIST_DIR}/linked.cmake)
function(sluice_translating_plugin name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "MODEL;ANSWER" "SOURCES;PAIRS")
  set(folder ${PROJECT_SOURCE_DIR}/plugins/providers/${name})
  sluice_linked_plugin(${name} SOURCES ${arg_SOURCES})

  add_executable(plugin_${name}_request ${PROJECT_SOURCE_DIR}/tests/plugins/cases.c)
  target_compile_definitions(plugin_${name}_request PRIVATE ENTRY=sluice_builtin_${name}
    CASES="${CMAKE_CURRENT_SOURCE_DIR}/request.cases" MODEL="${arg_MODEL}" "ANSWER=\"${arg_ANSWER}\"")
  target_link_libraries(plugin_${name}_request PRIVATE ${name}_linked sluice::testhost sluice_flags PkgConfig::CMOCKA)
  add_test(NAME plugin_${name}_request COMMAND plugin_${name}_request)

  add_executable(plugin_${name}_faults ${PROJECT_SOURCE_DIR}/tests/plugins/faults.c)
  target_compile_definitions(plugin_${name}_faults PRIVATE ENTRY=sluice_builtin_${name} CASSETTES="${folder}/testdata")
  target_link_libraries(plugin_${name}_faults PRIVATE ${name}_linked sluice::testhost sluice_flags)
  add_test(NAME plugin_${name}_faults COMMAND plugin_${name}_faults)
  set_tests_properties(plugin_${name}_request plugin_${name}_faults PROPERTIES TIMEOUT 300 LABELS plugin)
  if(arg_PAIRS)
    add_executable(plugin_${name}_streams ${PROJECT_SOURCE_DIR}/tests/plugins/reassembled.c)
    target_compile_definitions(plugin_${name}_streams PRIVATE ENTRY=sluice_builtin_${name}
      CASSETTES="${folder}/testdata")
    target_link_libraries(plugin_${name}_streams PRIVATE ${name}_linked sluice::testhost sluice_flags)
    add_test(NAME plugin_${name}_streams COMMAND plugin_${name}_streams ${arg_PAIRS})
    set_tests_properties(plugin_${name}_streams PROPERTIES TIMEOUT 60 LABELS plugin)
  endif()
endfunction()
