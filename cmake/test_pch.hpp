// The precompiled header of every test: that of the daemon, and Catch2.
#pragma once

#include <pch.hpp>

#include "support/catch.hpp"
