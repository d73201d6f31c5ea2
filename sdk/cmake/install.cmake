# SPDX-License-Identifier: Apache-2.0
# What `cmake --install` brings for embedders and for authors of plugins: headers, libraries, the CMake package
# `sluice`, sluice.pc, templates and documents.
include(CMakePackageConfigHelpers)
set(package ${CMAKE_INSTALL_LIBDIR}/cmake/sluice)
set(sdk_include ${CMAKE_INSTALL_INCLUDEDIR}/sluice_sdk)

set_target_properties(sluice_shared PROPERTIES EXPORT_NAME sluice)
set_target_properties(sluice_static PROPERTIES EXPORT_NAME static)
set_target_properties(sluice_sdk PROPERTIES EXPORT_NAME sdk)
set_target_properties(sluice_testhost PROPERTIES EXPORT_NAME testhost)
install(TARGETS sluice_shared sluice_sdk sluice_testhost EXPORT sluiceTargets
  LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR} ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR})
install(TARGETS cassette_run EXPORT sluiceTargets RUNTIME DESTINATION ${CMAKE_INSTALL_LIBEXECDIR}/sluice)
install(TARGETS sluice-plugin-check EXPORT sluiceTargets RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
# The static library needs the development files of everything it stands on, the others do not.
install(TARGETS sluice_static EXPORT sluiceStaticTargets ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR})
# What gcc keeps in them for optimising as a whole is for our own programs: whoever links an archive gets its machine
# code, whichever compiler that is with.
if(SLUICE_LTO)
  foreach(target sluice_static sluice_sdk sluice_testhost)
    install(CODE "execute_process(COMMAND_ERROR_IS_FATAL ANY COMMAND ${CMAKE_OBJCOPY}
      --remove-section=.gnu.lto_* --remove-section=.gnu.debuglto_* --strip-symbol=__gnu_lto_slim
      \$ENV{DESTDIR}\${CMAKE_INSTALL_PREFIX}/${CMAKE_INSTALL_LIBDIR}/$<TARGET_FILE_NAME:${target}>)")
  endforeach()
endif()
install(EXPORT sluiceTargets NAMESPACE sluice:: DESTINATION ${package})
install(EXPORT sluiceStaticTargets NAMESPACE sluice:: DESTINATION ${package})

configure_package_config_file(${CMAKE_CURRENT_LIST_DIR}/sluiceConfig.cmake.in
  ${CMAKE_BINARY_DIR}/generated/sluiceConfig.cmake INSTALL_DESTINATION ${package})
write_basic_package_version_file(${CMAKE_BINARY_DIR}/generated/sluiceConfigVersion.cmake
  COMPATIBILITY SameMajorVersion)
# From LIBDIR/pkgconfig up to the prefix: an installation may be moved.
file(RELATIVE_PATH SLUICE_PC_UP /${CMAKE_INSTALL_LIBDIR}/pkgconfig /)
configure_file(${CMAKE_CURRENT_LIST_DIR}/sluice.pc.in ${CMAKE_BINARY_DIR}/generated/sluice.pc @ONLY)
install(FILES ${CMAKE_BINARY_DIR}/generated/sluiceConfig.cmake ${CMAKE_BINARY_DIR}/generated/sluiceConfigVersion.cmake
  ${CMAKE_CURRENT_LIST_DIR}/SluicePlugin.cmake ${CMAKE_CURRENT_LIST_DIR}/plugin.map DESTINATION ${package})
install(FILES ${CMAKE_BINARY_DIR}/generated/sluice.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)

install(DIRECTORY ${PROJECT_SOURCE_DIR}/core/include/sluice DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
install(DIRECTORY ${PROJECT_SOURCE_DIR}/sdk/include/sluice_sdk DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
install(DIRECTORY ${PROJECT_SOURCE_DIR}/core/base DESTINATION ${sdk_include} FILES_MATCHING PATTERN "*.h")
foreach(name eventstream form http1_parse json_edit json_put json_scan json_tree json_write lines sse websocket)
  install(FILES ${PROJECT_SOURCE_DIR}/core/format/${name}.h DESTINATION ${sdk_include}/format)
endforeach()
install(FILES testhost/testhost.h testhost/exchange.h testhost/cassette.h DESTINATION ${sdk_include}/testhost)
install(DIRECTORY ${PROJECT_SOURCE_DIR}/sdk/template ${PROJECT_SOURCE_DIR}/sdk/examples
  DESTINATION ${CMAKE_INSTALL_DATADIR}/sluice)
install(DIRECTORY ${PROJECT_SOURCE_DIR}/sdk/docs/ DESTINATION ${CMAKE_INSTALL_DOCDIR})
