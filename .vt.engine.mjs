export default { root: "/work/main", test: { testTimeout: 120000, hookTimeout: 300000, fileParallelism: false } };
