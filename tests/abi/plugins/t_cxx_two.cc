// SPDX-License-Identifier: Apache-2.0
// t_cxx_two.cc - a second provider in C++ whose struct is larger.
#define CXX_ID t_cxx_two
#define CXX_SIZE 4096
#include "t_cxx.cc"
