# cmake --install: programs, units and samples.
include(GNUInstallDirs)

install(TARGETS nowd RUNTIME DESTINATION "${CMAKE_INSTALL_SBINDIR}")
install(TARGETS nowctl RUNTIME DESTINATION "${CMAKE_INSTALL_BINDIR}")

# The unit in the source tree is a working one for /usr; only the program's path follows the prefix.
file(READ "${PROJECT_SOURCE_DIR}/systemd/nowd.service" unit)
string(REPLACE "ExecStart=/usr/sbin/nowd" "ExecStart=${CMAKE_INSTALL_FULL_SBINDIR}/nowd" unit "${unit}")
file(CONFIGURE OUTPUT "${PROJECT_BINARY_DIR}/systemd/nowd.service" CONTENT "${unit}" @ONLY)
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS "${PROJECT_SOURCE_DIR}/systemd/nowd.service")

# lib even where libraries go to lib/x86_64-linux-gnu: systemd looks nowhere else.
install(FILES "${PROJECT_BINARY_DIR}/systemd/nowd.service" DESTINATION lib/systemd/system)
install(FILES systemd/nowd.sysusers DESTINATION lib/sysusers.d RENAME nowd.conf)
install(FILES systemd/nowd.tmpfiles DESTINATION lib/tmpfiles.d RENAME nowd.conf)

# Samples, not configuration: an installation never overwrites what a person has written below /etc.
install(FILES config/nowd.yaml DESTINATION "${CMAKE_INSTALL_DOCDIR}")
install(FILES config/nowd-job.schema.json DESTINATION "${CMAKE_INSTALL_DATADIR}/nowd")
install(DIRECTORY jobs DESTINATION "${CMAKE_INSTALL_DOCDIR}" FILES_MATCHING PATTERN "*.yaml")
install(FILES LICENSE README.md DESTINATION "${CMAKE_INSTALL_DOCDIR}")
