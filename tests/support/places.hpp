#pragma once
// Where the data of the tests and the built programs are. Only places.cpp knows the folders, so that every other object
// file is the same in every clone, and ccache finds it.
#include <filesystem>

namespace nowd {

// The absolute path of `below`, which is relative to tests/data.
std::filesystem::path test_data(const std::filesystem::path& below);

// The absolute path of `below`, which is relative to the folder of this build.
std::filesystem::path test_build(const std::filesystem::path& below);

}  // namespace nowd
