/** Lint rules of Berth's own: what no file of some folders may have. `oxlint.config.ts` says which folders. */

const forbid = (selector, message) => ({
  create: (context) => ({ [selector]: (node) => context.report({ node, message }) }),
});

export default {
  meta: { name: "berth" },
  rules: {
    print: forbid(
      "CallExpression[callee.property.name='write'][callee.object.object.name='process']",
      "what others wrote may be in it; print.ts makes it fit for a terminal",
    ),
    parent: forbid(
      "ClassDeclaration[superClass.property.name='ComponentResource'] NewExpression[arguments.length=2][callee.property.name=/^[A-Z]/]",
      "a child of a component needs options with `parent: this`",
    ),
    "await-apply": forbid(
      "CallExpression[callee.property.name='apply']",
      "an `apply` nobody awaits proves nothing; await the value",
    ),
  },
};
