// The few functions and option numbers of libcurl that cdrelay uses. Declared here because the build needs no curl -dev package.
#pragma once
