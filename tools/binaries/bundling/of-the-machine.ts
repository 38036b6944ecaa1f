/** Libraries that aren't bundled, since they only work with what is on the machine that the program runs on. */
const ofTheMachine: readonly { readonly names: RegExp; readonly why: string }[] = [
  {
    names:
      /^lib(?:GL|GLX|GLX_.*|EGL|EGL_.*|GLESv1_CM|GLESv2|GLU|GLdispatch|OpenGL|glapi|gbm|drm|drm_.*|vulkan|vdpau|va|va-.*)\.so/,
    why: "it belongs to the machine's graphics driver",
  },
  {
    names: /^lib(?:cuda|cudadebugger|nvidia-.*|nvcuvid|nvoptix|OpenCL)\.so/,
    why: "it belongs to the machine's driver for its graphics card",
  },
  { names: /^libnss_.*\.so/, why: "it looks up names as the machine's /etc/nsswitch.conf says" },
  { names: /^libpam(?:c|_misc)?\.so/, why: "it loads the machine's own modules for logging in" },
];

/** Why a library isn't bundled; undefined: it is. */
export function whyOfTheMachine(name: string): string | undefined {
  return ofTheMachine.find(({ names }) => names.test(name))?.why;
}
