/** Of Kubeflow Trainer's objects, in its releases 2.2 and 2.3. */
export const apiVersion = "trainer.kubeflow.org/v1alpha1";
