# cmake --install: programs, units and samples.
include(GNUInstallDirs)
set(CMAKE_SKIP_INSTALL_ALL_DEPENDENCY ON)  # installing needs the programs, not their tests

install(TARGETS nowd RUNTIME DESTINATION "${CMAKE_INSTALL_SBINDIR}")
install(TARGETS nowctl RUNTIME DESTINATION "${CMAKE_INSTALL_BINDIR}")

# The unit in the source tree is a working one for /usr; only the program's path follows the prefix, which is known for
# certain at installation (cmake --install --prefix, cpack) and not before.
set(NOWD_UNIT "${PROJECT_BINARY_DIR}/systemd/nowd.service")
install(CODE "
  file(READ \"${PROJECT_SOURCE_DIR}/systemd/nowd.service\" unit)
  string(REPLACE \"/usr/sbin/nowd\" \"\${CMAKE_INSTALL_PREFIX}/${CMAKE_INSTALL_SBINDIR}/nowd\" unit \"\${unit}\")
  file(WRITE \"${NOWD_UNIT}\" \"\${unit}\")")

# lib even where libraries go to lib/x86_64-linux-gnu: systemd looks nowhere else.
install(FILES "${NOWD_UNIT}" DESTINATION lib/systemd/system)
install(FILES systemd/nowd.preset DESTINATION lib/systemd/system-preset RENAME 80-nowd.preset)
install(FILES systemd/nowd.sysusers DESTINATION lib/sysusers.d RENAME nowd.conf)
install(FILES systemd/nowd.tmpfiles DESTINATION lib/tmpfiles.d RENAME nowd.conf)

# Samples, not configuration: an installation never overwrites what a person has written below /etc.
install(FILES config/nowd.yaml DESTINATION "${CMAKE_INSTALL_DOCDIR}/examples")
install(DIRECTORY jobs DESTINATION "${CMAKE_INSTALL_DOCDIR}/examples" FILES_MATCHING PATTERN "*.yaml")
install(FILES config/nowd-job.schema.json DESTINATION "${CMAKE_INSTALL_DATADIR}/nowd")
install(DIRECTORY examples/ DESTINATION "${CMAKE_INSTALL_DOCDIR}/examples" FILES_MATCHING PATTERN "*.yaml")
install(FILES LICENSE README.md DESTINATION "${CMAKE_INSTALL_DOCDIR}")

foreach(page nowctl.1 nowd.yaml.5 nowd-job.5 nowd.8)
  string(REGEX REPLACE ".*\\." "" section "${page}")
  install(FILES docs/man/${page} DESTINATION "${CMAKE_INSTALL_MANDIR}/man${section}")
endforeach()

# Completion is written by the program that is being installed, so that it knows what that one takes. Debian's folders.
set(NOWD_COMPLETION "${PROJECT_BINARY_DIR}/completion")
install(CODE "
  file(MAKE_DIRECTORY \"${NOWD_COMPLETION}\")
  foreach(shell bash zsh fish)
    execute_process(COMMAND \"$<TARGET_FILE:nowctl>\" completion \${shell}
      OUTPUT_FILE \"${NOWD_COMPLETION}/\${shell}\" COMMAND_ERROR_IS_FATAL ANY)
  endforeach()")
install(FILES "${NOWD_COMPLETION}/bash" DESTINATION "${CMAKE_INSTALL_DATADIR}/bash-completion/completions" RENAME nowctl)
install(FILES "${NOWD_COMPLETION}/zsh" DESTINATION "${CMAKE_INSTALL_DATADIR}/zsh/vendor-completions" RENAME _nowctl)
install(FILES "${NOWD_COMPLETION}/fish"
  DESTINATION "${CMAKE_INSTALL_DATADIR}/fish/vendor_completions.d" RENAME nowctl.fish)
