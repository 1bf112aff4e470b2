/** The tool that a model of the older API is made to call, so that its answer fits a schema: the input is the answer. */
export const answerTool = 'orch_answer';
