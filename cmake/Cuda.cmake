# nvcc, and the one CUDA runtime of the process: a shared library, as LibTorch's own is.
#
# Input   nvcc on the PATH or in CUDACXX; GULO_PYTHON: a torch wheel's runtime is taken before the toolkit's
# Output  the language CUDA, GULO_CUDART, GULO_CUDART_DIR, GULO_CUDA_ARCHITECTURES
if(GULO_ENGINE AND NOT GULO_TORCH_HAS_CUDA)
  message(FATAL_ERROR "torch ${GULO_TORCH_VERSION} has no CUDA: give a CUDA wheel's interpreter as -DGULO_PYTHON")
endif()
set(GULO_CUDA_ARCHITECTURES "80;90;100" CACHE STRING "compute capabilities that the kernels are compiled for")
set(CMAKE_CUDA_ARCHITECTURES ${GULO_CUDA_ARCHITECTURES})
enable_language(CUDA)
get_filename_component(toolkit_dir ${CMAKE_CUDA_COMPILER} REALPATH)
get_filename_component(toolkit_dir ${toolkit_dir} DIRECTORY)
get_filename_component(toolkit_dir ${toolkit_dir} DIRECTORY)
file(GLOB GULO_CUDART ${toolkit_dir}/lib64/libcudart.so.* ${toolkit_dir}/lib/libcudart.so.*
     ${toolkit_dir}/targets/*/lib/libcudart.so.*)
set(GULO_CUDART ${GULO_TORCH_CUDART} ${GULO_CUDART})
if(NOT GULO_CUDART)
  message(FATAL_ERROR "no libcudart.so beside ${CMAKE_CUDA_COMPILER}: install the CUDA runtime, or leave -DGULO_CUDA out")
endif()
list(GET GULO_CUDART 0 GULO_CUDART)
get_filename_component(GULO_CUDART_DIR ${GULO_CUDART} DIRECTORY)
message(STATUS "CUDA ${CMAKE_CUDA_COMPILER_VERSION} for ${GULO_CUDA_ARCHITECTURES}, runtime ${GULO_CUDART}")
