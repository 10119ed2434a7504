# cpack -G DEB and cpack -G TGZ, from a release build.
set(NOWD_MAINTAINER "nowd maintainers <maintainers@nowd.invalid>" CACHE STRING "Who answers for the packages")

set(CPACK_PACKAGE_NAME nowd)
set(CPACK_PACKAGE_VENDOR "the nowd maintainers")
set(CPACK_PACKAGE_CONTACT "${NOWD_MAINTAINER}")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "runs AI agents on a schedule so that time can be trusted")
set(CPACK_PACKAGE_DESCRIPTION
"nowd runs AI agents on a schedule, and records for each run the clocks that
silently disagree: the moment it is for, the moment work started, what now was
for the model, and when the effect landed. No occurrence disappears, and no
effect is repeated in silence. The ledger is a schema in Postgres.
.
Installing starts nothing: the package says what to do next.")
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_GENERATOR DEB TGZ)
set(CPACK_PRE_BUILD_SCRIPTS "${PROJECT_SOURCE_DIR}/packaging/finish.cmake")
set(CPACK_NOWD_SOURCE_DIR "${PROJECT_SOURCE_DIR}")

set(CPACK_PACKAGE_FILE_NAME "nowd-${PROJECT_VERSION}-linux-${CMAKE_SYSTEM_PROCESSOR}")

set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)  # nowd_VERSION_ARCH.deb
set(CPACK_DEBIAN_PACKAGE_MAINTAINER "${CPACK_PACKAGE_CONTACT}")
set(CPACK_DEBIAN_PACKAGE_SECTION admin)
set(CPACK_DEBIAN_PACKAGE_PRIORITY optional)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)   # the libraries, in the versions of the system that builds
set(CPACK_DEBIAN_PACKAGE_DEPENDS
  "systemd | systemd-sysusers, systemd | systemd-tmpfiles, tzdata, ca-certificates")
set(CPACK_DEBIAN_PACKAGE_RECOMMENDS "postgresql, systemd-timesyncd | time-daemon")
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
foreach(script postinst prerm postrm)
  list(APPEND CPACK_DEBIAN_PACKAGE_CONTROL_EXTRA "${PROJECT_SOURCE_DIR}/packaging/deb/${script}")
endforeach()
include(CPack)
