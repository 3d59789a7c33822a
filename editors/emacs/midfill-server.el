;;; midfill-server.el --- The connection to Midfill's language server  -*- lexical-binding: t; -*-

;; Copyright (C) 2026 The Midfill authors
;; SPDX-License-Identifier: Apache-2.0

;;; Commentary:

;; One server a project: started, introduced, started again when it ends.

;;; Code:

(require 'cl-lib)
(require 'jsonrpc)
(require 'seq)
(require 'subr-x)
(require 'url-util)

(defgroup midfill nil
  "Code infilling by a local diffusion model."
  :group 'tools
  :prefix "midfill-")

(defcustom midfill-command '("midfill" "lsp")
  "How the server is started.
With \"--connect\" behind \"lsp\" all Emacsen share one server."
  :type '(repeat string))

(defcustom midfill-settings nil
  "The server's own settings, a property list; see docs/protocol.md.
For example (:mode \"quiet\" :budgetMs 500)."
  :type 'plist)

(defcustom midfill-disabled-modes nil
  "Major modes in which nothing is proposed; derived modes count too."
  :type '(repeat symbol))

(defcustom midfill-disabled-folders nil
  "Folders for whose files nothing is proposed."
  :type '(repeat directory))

(defcustom midfill-idle-delay 0.05
  "Seconds without a key before the server is asked; it waits by itself too."
  :type 'number)

(defconst midfill-version "0.1.0"
  "Version of this file; the server has the same.")

(defvar midfill-mode)
(defvar midfill--under-way)
(declare-function midfill--open "midfill-document")
(declare-function midfill--apply-workspace-edit "midfill-document")
(declare-function midfill--hide "midfill-ghost")

(defvar midfill--connections (make-hash-table :test #'equal)
  "Connections by the folder of their project.")

(defvar midfill--crashes (make-hash-table :test #'equal)
  "How often each project's server ended by itself.")

(defconst midfill--max-crashes 5)

(defvar midfill--status '(:kind "Inactive" :message "not started")
  "What the server last said of itself.")

(defvar-local midfill--root nil "The folder of the buffer's project.")
(defvar-local midfill--document-version nil "Counts what the server was told, nil before didOpen.")
(defvar-local midfill--change nil "The range of the change under way: (START END) positions.")

(defun midfill--uri (path)
  "PATH as a file URI."
  (concat "file://" (url-hexify-string (expand-file-name path) url-path-allowed-chars)))

(defun midfill--buffer-uri ()
  "The URI of the current buffer, saved or not."
  (if buffer-file-name
      (midfill--uri buffer-file-name)
    (concat "untitled:" (url-hexify-string (buffer-name)))))

(defun midfill--connection ()
  "The live connection of the buffer's project, or nil."
  (let ((connection (gethash midfill--root midfill--connections)))
    (and connection (jsonrpc-running-p connection) connection)))

(defun midfill--start (root)
  "Start the server for ROOT; return its connection.
Signal a `user-error' when the program is not there."
  (unless (executable-find (car midfill-command))
    (user-error "Midfill: %s is not found; pip install midfill, or set midfill-command"
                (car midfill-command)))
  (let* ((default-directory root)
         (connection
          (make-instance
           'jsonrpc-process-connection
           :name "midfill"
           :process (lambda ()
                      (make-process :name "midfill" :command midfill-command
                                    :coding 'utf-8-emacs-unix :connection-type 'pipe :noquery t
                                    :stderr (get-buffer-create " *midfill stderr*")))
           :notification-dispatcher #'midfill--notified
           :request-dispatcher (lambda (_connection method params)
                                 (midfill--asked method params))
           :on-shutdown (lambda (connection) (midfill--ended root connection)))))
    (puthash root connection midfill--connections)
    (midfill--initialize connection root)
    connection))

(defun midfill--initialize (connection root)
  "Introduce this client on CONNECTION for the project ROOT."
  (let* ((answer
          (jsonrpc-request
           connection :initialize
           (list :processId (emacs-pid)
                 :clientInfo (list :name "Emacs" :version emacs-version)
                 :rootUri (midfill--uri root)
                 :workspaceFolders (vector (list :uri (midfill--uri root) :name root))
                 ;; An Emacs character is a code point: positions need no conversion.
                 :capabilities
                 '(:general (:positionEncodings ["utf-32"])
                   :workspace (:applyEdit t :configuration t :workspaceFolders t
                               :workspaceEdit (:documentChanges t)
                               ;; The command of an item tells that it was accepted.
                               :executeCommand (:dynamicRegistration :json-false))
                   :textDocument (:inlineCompletion (:dynamicRegistration :json-false)
                                  :synchronization (:dynamicRegistration :json-false)))
                 :initializationOptions
                 (append '(:statusNotifications t) midfill-settings))
           :timeout 60))
         (version (plist-get (plist-get answer :serverInfo) :version)))
    (unless (and version (string= (midfill--minor version) (midfill--minor midfill-version)))
      (display-warning
       'midfill (format "the server is %s, this package %s: install the same version of both"
                        version midfill-version)))
    (jsonrpc-notify connection :initialized (make-hash-table))))

(defun midfill--minor (version)
  "The first two numbers of VERSION."
  (string-join (seq-take (split-string version "\\.") 2) "."))

(defun midfill--notified (_connection method params)
  "React to the notification METHOD with PARAMS."
  (pcase method
    ('didChangeStatus (setq midfill--status params) (force-mode-line-update t))
    ('window/showMessage (message "%s" (plist-get params :message)))))

(defun midfill--asked (method params)
  "Answer the server's request METHOD with PARAMS."
  (pcase method
    ('workspace/configuration
     (vconcat (mapcar (lambda (_item) (or midfill-settings (make-hash-table)))
                      (plist-get params :items))))
    ('workspace/applyEdit (midfill--apply-workspace-edit (plist-get params :edit)))
    (_ nil)))

(defun midfill--ended (root connection)
  "The server of ROOT on CONNECTION is gone: start it again, later each time."
  (when (eq (gethash root midfill--connections) connection)
    (remhash root midfill--connections)
    (dolist (buffer (midfill--buffers root))
      (with-current-buffer buffer
        (setq midfill--document-version nil midfill--under-way nil)
        (midfill--hide)))
    (let ((num-crashes (1+ (gethash root midfill--crashes 0))))
      (puthash root num-crashes midfill--crashes)
      (setq midfill--status (list :kind "Error" :message "the server ended"))
      (if (> num-crashes midfill--max-crashes)
          (message "Midfill: the server ends again and again; M-x midfill-restart tries once more")
        (run-at-time (* 0.25 (expt 2 (1- num-crashes))) nil #'midfill--reconnect root)))))

(defun midfill--buffers (root)
  "The buffers of ROOT in which the mode is on."
  (seq-filter (lambda (buffer)
                (and (buffer-local-value 'midfill-mode buffer)
                     (equal (buffer-local-value 'midfill--root buffer) root)))
              (buffer-list)))

(defun midfill--reconnect (root)
  "Start the server of ROOT again and tell it of all its buffers."
  (let ((buffers (midfill--buffers root)))
    (when buffers
      (midfill--start root)
      (dolist (buffer buffers)
        (with-current-buffer buffer (midfill--open))))))

(defun midfill--tell (method params)
  "Notify the server, if there is one: METHOD with PARAMS."
  (when-let ((connection (midfill--connection)))
    (jsonrpc-notify connection method params)))

(defun midfill--execute (command)
  "Run COMMAND, which came with an item, on the server."
  (when-let ((connection (and command (midfill--connection))))
    (jsonrpc-async-request
     connection :workspace/executeCommand
     (list :command (plist-get command :command) :arguments (plist-get command :arguments))
     :success-fn #'ignore
     :error-fn (lambda (problem) (message "Midfill: %s" (plist-get problem :message))))))

(defun midfill--end (connection)
  "End the server of CONNECTION as the protocol asks; by force when it does not go."
  (ignore-error jsonrpc-error
    (jsonrpc-request connection :shutdown nil :timeout 3)
    (jsonrpc-notify connection :exit nil))
  (let ((end (+ (float-time) 3)))
    (while (and (jsonrpc-running-p connection) (< (float-time) end))
      (accept-process-output nil 0.02)))
  (when (jsonrpc-running-p connection) (jsonrpc-shutdown connection)))

(defun midfill-restart ()
  "End the server of this project and start it again."
  (interactive)
  (let ((connection (midfill--connection)) (root midfill--root))
    (remhash root midfill--connections)
    (remhash root midfill--crashes)
    (when connection (midfill--end connection))
    (dolist (buffer (midfill--buffers root))
      (with-current-buffer buffer (setq midfill--document-version nil)))
    (midfill--reconnect root)))

(provide 'midfill-server)
;;; midfill-server.el ends here
