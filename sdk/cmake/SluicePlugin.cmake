# SPDX-License-Identifier: Apache-2.0
# How a plugin is built, in this repository and outside of it (find_package(sluice) brings it in):
#
#   sluice_plugin(KIND NAME FILE... [LIBS library...] [DATA file...])
#       KIND is provider, cache, logger or router; NAME is the plugin's id, and the file is NAME.so.
#       DATA: provider data files (*.yaml) that lie beside it.
#   sluice_cassettes(NAME [FILE...])
#       Registers a test that replays *.cassette (default: testdata/*.cassette) through the built file.
#
# SLUICE_PLUGIN_OUTPUT_DIR   where the files are built   (default: the current binary directory)
# SLUICE_PLUGIN_DIR          where they are installed    (default: LIBDIR/sluice/1)
include_guard(GLOBAL)
include(GNUInstallDirs)

set(SLUICE_PLUGIN_MAP ${CMAKE_CURRENT_LIST_DIR}/plugin.map)
if(NOT SLUICE_PLUGIN_DIR)
  set(SLUICE_PLUGIN_DIR ${CMAKE_INSTALL_LIBDIR}/sluice/1)
endif()

function(sluice_plugin kind name)
  cmake_parse_arguments(PARSE_ARGV 2 arg "" "" "LIBS;DATA")
  if(NOT kind MATCHES "^(provider|cache|logger|router)$")
    message(FATAL_ERROR "sluice_plugin(${kind} ${name}): the kind is provider, cache, logger or router")
  endif()
  if(NOT name MATCHES "^[a-z0-9_.-]+$")
    message(FATAL_ERROR "sluice_plugin(${kind} ${name}): an id is made of a-z 0-9 _ . -")
  endif()
  if(SLUICE_PLUGIN_OUTPUT_DIR)
    set(out ${SLUICE_PLUGIN_OUTPUT_DIR})
  else()
    set(out ${CMAKE_CURRENT_BINARY_DIR})
  endif()
  foreach(file ${arg_DATA})
    get_filename_component(base ${file} NAME)
    configure_file(${file} ${out}/${base} COPYONLY)
  endforeach()
  if(arg_DATA)
    install(FILES ${arg_DATA} DESTINATION ${SLUICE_PLUGIN_DIR})
  endif()
  if(SLUICE_BUILTIN_PLUGINS AND COMMAND sluice_link_plugin)
    sluice_link_plugin(${name} FILES ${arg_UNPARSED_ARGUMENTS} LIBS ${arg_LIBS})
    return()
  endif()

  set(target plugin_${name})
  add_library(${target} MODULE ${arg_UNPARSED_ARGUMENTS})
  set_target_properties(${target} PROPERTIES PREFIX "" SUFFIX ".so" OUTPUT_NAME ${name}
    LIBRARY_OUTPUT_DIRECTORY ${out} POSITION_INDEPENDENT_CODE ON
    C_VISIBILITY_PRESET hidden CXX_VISIBILITY_PRESET hidden VISIBILITY_INLINES_HIDDEN ON)
  target_link_libraries(${target} PRIVATE sluice::sdk ${arg_LIBS} $<TARGET_NAME_IF_EXISTS:sluice_flags>)
  # One symbol leaves a plugin, whatever it links; what it uses it must have.
  target_link_options(${target} PRIVATE -Wl,--version-script=${SLUICE_PLUGIN_MAP} -Wl,--as-needed)
  set_target_properties(${target} PROPERTIES LINK_DEPENDS ${SLUICE_PLUGIN_MAP})
  if(NOT SLUICE_SANITIZE)
    target_link_options(${target} PRIVATE -Wl,-z,defs)
  endif()
  install(TARGETS ${target} LIBRARY DESTINATION ${SLUICE_PLUGIN_DIR})
  set_property(GLOBAL APPEND PROPERTY SLUICE_PLUGIN_TARGETS ${target})
endfunction()

function(sluice_cassettes name)
  if(NOT TARGET plugin_${name} OR NOT TARGET sluice::cassette_run OR NOT (BUILD_TESTING OR SLUICE_TESTS))
    return()
  endif()
  set(files ${ARGN})
  if(NOT files)
    file(GLOB files CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/testdata/*.cassette)
  endif()
  if(files)
    add_test(NAME cassettes_${name} COMMAND sluice::cassette_run $<TARGET_FILE:plugin_${name}> ${files})
    set_tests_properties(cassettes_${name} PROPERTIES TIMEOUT 300 LABELS cassettes)
  endif()
endfunction()
